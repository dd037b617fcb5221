import { onPage } from '../kit/page.js';
import type { Reply } from '../wire/types.js';
import { isObject } from '../wire/validate.js';
import type { CacheRecord } from './records.js';
import { isRecord } from './records.js';
import type { Unsent, Update } from './store.js';
import { goodOnes, isUpdate } from './store.js';

/** What tabs tell each other. */
export interface TabMessage {
  /** Everything is to be forgotten. */
  readonly clear?: boolean;
  /** Records that changed. */
  readonly records?: readonly CacheRecord[];
  /** Accounts that are gone. */
  readonly gone?: readonly string[];
  /** Updates of the viewer that no server has answered yet. */
  readonly unsent?: Unsent['values'] | undefined;
  /** Tags of such updates that have their answer, good or bad, with the time of the update. */
  readonly settled?: Readonly<Record<string, number>> | undefined;
  /** What the server said to them, if that was no. */
  readonly refused?: Reply | undefined;
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
  readonly now: () => number;
  readonly hear: (message: TabMessage) => void;
}

const version = 2;

/** Opens the channel of that name, where the platform has such channels; while the page is kept for the back button it is closed. */
export function openTabs({ name, tabs, now, hear }: TabsOptions): Tabs {
  let channel: TabChannel | undefined;
  // When everything was forgotten last, as far as known: what was said before may come in after it.
  let era = 0;

  const tell = (message: TabMessage & { readonly hello?: boolean }): void => {
    if (message.clear) era = Math.max(era + 1, now());
    channel?.postMessage({ version, era, ...message });
  };

  const open = (): void => {
    try {
      channel = typeof tabs === 'function' ? tabs(name) : tabs ? new BroadcastChannel(name) : undefined;
    } catch {
      // No such channels here, or not for this page.
    }
    if (!channel) return;
    // In Node an open channel would keep the process alive.
    (channel as { unref?: () => void }).unref?.();
    channel.onmessage = ({ data }) => {
      // Another tab may run another version of the SDK: what does not read as ours is left alone.
      if (!isObject(data) || data['version'] !== version) return;
      const { era: theirs, records, unsent, settled, refused } = data;
      // A tab that has just been opened may not know the era yet, but what it wants forgotten is.
      if (!(Number(theirs) >= (data['clear'] ? 0 : era))) return;
      era = Math.max(era, Number(theirs));
      if (data['hello']) return tell({});
      hear({
        ...data,
        records: Array.isArray(records) ? records.filter(isRecord) : [],
        unsent: goodOnes<Update>(unsent, isUpdate),
        settled: goodOnes<number>(settled, Number.isFinite),
        refused: isObject(refused) ? (refused as unknown as Reply) : undefined,
      });
    };
    // Whoever answers tells the era.
    tell({ hello: true });
  };
  const close = (): void => {
    channel?.close();
    channel = undefined;
  };

  open();
  const undo = onPage(['pagehide', 'pageshow'], ({ type }) => {
    close();
    if (type === 'pageshow') open();
  });
  return {
    tell,
    close() {
      undo();
      close();
    },
  };
}
