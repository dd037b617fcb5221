import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { TabChannel } from '../../../src/client/tabs/channel.js';
import { openChannel } from '../../../src/client/tabs/channel.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** Opens the channels of tabs of one browser: each receives what the others post. */
function createBus() {
  const open = new Set<TabChannel>();
  return () => {
    const channel: TabChannel = {
      onmessage: null,
      postMessage(data) {
        for (const other of open) if (other !== channel) other.onmessage?.({ data } as MessageEvent<unknown>);
      },
      close: () => void open.delete(channel),
    };
    open.add(channel);
    return channel;
  };
}

const open = createBus();

function tab() {
  const heard: unknown[] = [];
  const cleared: unknown[] = [];
  const onCompany = vi.fn();
  const onMessage = ({ text, clear }: { readonly text?: unknown; readonly clear?: unknown }): void => {
    if (text !== undefined) heard.push(text);
    if (clear !== undefined) cleared.push(clear);
  };
  return { heard, cleared, onCompany, ...openChannel({ name: 'tabs', open, now: Date.now, onCompany, onMessage }) };
}

test('a clear is told also before the channel is open, and after it was closed', async () => {
  const [one, two] = [tab(), tab()];
  await vi.advanceTimersByTimeAsync(1);
  const three = tab();
  three.tellClear();
  three.close();
  expect([one.cleared, two.cleared]).toEqual([[true], [true]]);
  three.tellClear();
  expect([one.cleared, two.cleared]).toEqual([
    [true, true],
    [true, true],
  ]);
  for (const each of [one, two, three]) each.close();
});

test('a tab opened after a clear and an older tab receive each other’s messages', async () => {
  const one = tab();
  await vi.advanceTimersByTimeAsync(1);
  one.tellClear();
  const two = tab();
  await vi.advanceTimersByTimeAsync(1);
  expect([one.onCompany, two.onCompany].map((called) => called.mock.calls.length)).toEqual([1, 1]);
  two.tell({ text: 'from two' });
  one.tell({ text: 'from one' });
  expect([one.heard, two.heard]).toEqual([['from two'], ['from one']]);
});
