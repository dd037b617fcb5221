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

test('a tab opened after a clear and an older tab receive each other’s messages', async () => {
  const open = createBus();
  const tab = () => {
    const heard: unknown[] = [];
    const onCompany = vi.fn();
    const onMessage = ({ text }: { readonly text?: unknown }) => text !== undefined && heard.push(text);
    return { heard, onCompany, ...openChannel({ name: 'tabs', open, now: Date.now, onCompany, onMessage }) };
  };
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
