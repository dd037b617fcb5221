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

/** As much of a BroadcastChannel as tabs need. */
export interface TabChannel {
  onmessage: ((event: MessageEvent<unknown>) => void) | null;
  postMessage(message: unknown): void;
  close(): void;
}

export interface TabsOptions {
  readonly name: string;
  readonly tabs: boolean | ((name: string) => TabChannel);
  readonly hear: (message: TabMessage) => void;
}

const version = 1;

/** Opens the channel of that name, where the platform has such channels. */
export function openTabs({ name, tabs, hear }: TabsOptions): Tabs {
  let channel: TabChannel | undefined;
  try {
    channel = typeof tabs === 'function' ? tabs(name) : tabs ? new BroadcastChannel(name) : undefined;
  } catch {
    // No such channels here, or not for this page.
  }
  // In Node an open channel would keep the process alive.
  (channel as { unref?: () => void } | undefined)?.unref?.();
  if (channel) {
    channel.onmessage = ({ data }) => {
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
