import { isObject } from '../wire/validate.js';
import type { CacheRecord } from './store.js';
import { isRecord } from './store.js';

/** What tabs tell each other. */
export type TabMessage = { readonly kind: 'records'; readonly records: readonly CacheRecord[] } | { readonly kind: 'clear' };

/** The other tabs of the same app and user. A hint, never relied on: the numbers are the truth. */
export interface Tabs {
  tell(message: TabMessage): void;
  close(): void;
}

const version = 1;

/** Opens the channel of that name, where the platform has such channels; without a name there are no other tabs. */
export function openTabs(name: string | undefined, hear: (message: TabMessage) => void): Tabs {
  const channel = name === undefined ? undefined : openChannel(name);
  if (!channel) return { tell: () => undefined, close: () => undefined };
  // In Node an open channel would keep the process alive.
  (channel as { unref?: () => void }).unref?.();
  channel.onmessage = ({ data }: MessageEvent<unknown>) => {
    const message = readMessage(data);
    if (message) hear(message);
  };
  return {
    tell(message) {
      try {
        channel.postMessage({ version, ...message });
      } catch {
        // A channel closed under us costs the hint, nothing else.
      }
    },
    close: () => channel.close(),
  };
}

function openChannel(name: string): BroadcastChannel | undefined {
  try {
    return typeof BroadcastChannel === 'function' ? new BroadcastChannel(name) : undefined;
  } catch {
    return undefined;
  }
}

/** Another tab may run another version of the SDK: what does not read as ours is left alone. */
function readMessage(data: unknown): TabMessage | undefined {
  if (!isObject(data) || data['version'] !== version) return undefined;
  if (data['kind'] === 'clear') return { kind: 'clear' };
  const records = data['records'];
  return data['kind'] === 'records' && Array.isArray(records) ? { kind: 'records', records: records.filter(isRecord) } : undefined;
}
