import type { Cache, Change } from '../cache/index.js';
import { isReplied } from '../cache/index.js';
import type { TabChannel } from './channel.js';
import { openChannel } from './channel.js';

/** The other tabs of the same app and viewer. What they say is a hint; the numbers are the truth. */
export interface Tabs {
  /** Sends something about the outbox; undefined while this tab is alone. */
  tellOutbox?: (message: object) => void;
  /** Called with what another tab says about its outbox. */
  onOutbox?: (message: unknown) => void;
  /** The same for live changes. */
  tellLive?: (message: object) => void;
  onLive?: (message: unknown) => void;
  /** Called when this tab is no longer alone. */
  onCompany?: () => void;
  /** Tells the other tabs to clear. */
  tellClear(): void;
  close(): void;
}

export interface TabsOptions {
  readonly name: string;
  /** In ms since 1970. */
  readonly now: () => number;
  /** What makes the channel; anything else stands for a BroadcastChannel. */
  readonly tabs: boolean | ((name: string) => TabChannel);
}

/** Subscribes the other tabs to the cache, and the cache to them. `onClear` is called when another tab was cleared. */
export function connectTabs({ tabs, name, now }: TabsOptions, cache: Cache, onClear: () => void): Tabs {
  let unsubscribe: (() => void) | undefined;
  const channel = openChannel({
    name,
    open: typeof tabs === 'function' ? tabs : (name) => new BroadcastChannel(name),
    now,
    onCompany() {
      unsubscribe = cache.subscribe(tellChanges);
      self.tellOutbox = (outbox) => channel.tell({ outbox });
      self.tellLive = (live) => channel.tell({ live });
      self.onCompany?.();
    },
    onMessage({ clear, entries, outbox, live }) {
      if (clear) return onClear();
      if (Array.isArray(entries)) cache.merge(entries, 'tab');
      if (outbox) self.onOutbox?.(outbox);
      if (live) self.onLive?.(live);
    },
  });
  const tellChanges = (changes: readonly Change[]): void => {
    const told = changes.filter(isReplied);
    if (told.length > 0) channel.tell({ entries: told.map(({ account, next }) => next?.entry ?? account) });
  };

  const self: Tabs = {
    tellClear: channel.tellClear,
    close() {
      unsubscribe?.();
      channel.close();
    },
  };
  return self;
}
