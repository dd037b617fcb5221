import { isObject } from '../wire/validate.js';
import type { CacheRecord } from './store.js';
import { isRecord } from './store.js';

/** What tabs tell each other: records that changed, or, without any, that everything is to be forgotten. */
export interface TabMessage {
  readonly records?: readonly CacheRecord[];
}

/** The other tabs of the same app and user. A hint, never relied on: the numbers are the truth. */
export interface Tabs {
  tell(message: TabMessage): void;
  close(): void;
}

const version = 1;

/** Opens the channel of that name, where the platform has such channels; without a name there are no other tabs. */
export function openTabs(name: string | undefined, hear: (message: TabMessage) => void): Tabs {
  let channel: BroadcastChannel | undefined;
  try {
    channel = name ? new BroadcastChannel(name) : undefined;
  } catch {
    // No such channels here, or not for this page.
  }
  // In Node an open channel would keep the process alive.
  (channel as { unref?: () => void } | undefined)?.unref?.();
  if (channel) {
    channel.onmessage = ({ data }: MessageEvent<unknown>) => {
      // Another tab may run another version of the SDK: what does not read as ours is left alone.
      if (!isObject(data) || data['version'] !== version) return;
      hear(Array.isArray(data['records']) ? { records: data['records'].filter(isRecord) } : {});
    };
  }
  return {
    tell: (message) => channel?.postMessage({ version, ...message }),
    close() {
      channel?.close();
      channel = undefined;
    },
  };
}
