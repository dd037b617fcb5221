import type { Cache, Change } from '../cache/index.js';
import { isEntry } from '../cache/index.js';
import type { Settings } from '../options.js';
import { openChannel } from './channel.js';

/** The other tabs of the same app and viewer. What they say is a hint; the numbers are the truth. */
export interface Tabs {
  /** Sends something about the outbox; undefined while this tab is alone. */
  tellOutbox: ((message: object) => void) | undefined;
  /** Tells the other tabs to clear. */
  tellClear(): void;
  close(): void;
}

export interface TabsOptions {
  readonly settings: Settings;
  readonly cache: Cache;
  /** Called when another tab was cleared. */
  readonly onClear: () => void;
  /** Called with what another tab says about its outbox. */
  readonly onOutbox: (message: unknown) => void;
}

/** Subscribes the other tabs to the cache, and the cache to them. */
export function connectTabs({ settings, cache, onClear, onOutbox }: TabsOptions): Tabs {
  const { tabs, sdkAppID, identifier, now } = settings;
  let unsubscribe: (() => void) | undefined;
  const channel = openChannel({
    name: `webim-profile/${sdkAppID}/${identifier}`,
    open: typeof tabs === 'function' ? tabs : (name) => new BroadcastChannel(name),
    now,
    onCompany() {
      unsubscribe = cache.subscribe(tellChanges);
      self.tellOutbox = (outbox) => channel.tell({ outbox });
    },
    onMessage({ clear, entries, outbox }) {
      if (clear) return onClear();
      if (Array.isArray(entries)) {
        cache.merge(
          entries.filter((one) => typeof one === 'string' || isEntry(one)),
          'tab',
        );
      }
      if (outbox) onOutbox(outbox);
    },
  });
  const tellChanges = (changes: readonly Change[]): void => {
    const told = changes.filter(({ source, previous, next }) => source === 'reply' && (previous?.entry !== next?.entry || !next));
    if (told.length > 0) channel.tell({ entries: told.map(({ account, next }) => next?.entry ?? account) });
  };

  const self: Tabs = {
    tellOutbox: undefined,
    tellClear: channel.tellClear,
    close() {
      unsubscribe?.();
      channel.close();
    },
  };
  return self;
}
