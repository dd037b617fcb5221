import type { CacheRecord } from '../../../src/client/records.js';
import type { TabChannel } from '../../../src/client/tabs.js';
import type { Clock } from './clock.js';
import type { Page } from './page.js';

/** Channels by name between the pages of one browser: what one page says, each other one of that name hears a while later. */
export interface TabBus {
  openFor(page: Page): (name: string) => TabChannel;
  /** From now on every word arrives, and soon. */
  calm(): void;
}

export interface TabBusOptions {
  readonly clock: Clock;
  /** How long each word takes, in ms, one after the other and round again; 'lost' for one that never comes. */
  readonly delays: readonly (number | 'lost')[];
}

interface Ear {
  readonly name: string;
  readonly page: Page;
  readonly channel: TabChannel;
  /** When what it was last told arrives, by page: a channel keeps the order of what one page says. */
  readonly last: Map<Page, number>;
}

export function createTabBus({ clock, delays }: TabBusOptions): TabBus {
  const ears = new Set<Ear>();
  let words = 0;
  let isCalm = false;

  const bring = (from: Page, to: Ear, message: unknown): void => {
    const records = recordsIn(message);
    const delay = isCalm ? 1 : delays[words++ % delays.length];
    // A record is only a hint; that everything is to be forgotten must arrive.
    if (delay === 'lost' && records) return;
    const at = Math.max(to.last.get(from) ?? 0, clock.time() + (Number(delay) || 1));
    to.last.set(from, at);
    clock.after(at - clock.time(), () => {
      if (!ears.has(to) || to.page.life() !== 'open') return;
      if (records) to.page.watch.heard(records);
      else to.page.watch.cleared();
      to.channel.onmessage?.(new MessageEvent('message', { data: structuredClone(message) }));
    });
  };

  return {
    calm() {
      isCalm = true;
    },
    openFor: (page) => (name) => {
      const channel: TabChannel = {
        onmessage: null,
        postMessage(message) {
          if (page.life() === 'killed') return;
          const records = recordsIn(message);
          if (records) page.watch.told(records);
          const copy = structuredClone(message);
          for (const ear of ears) if (ear.name === name && ear.page !== page) bring(page, ear, copy);
        },
        close: () => void ears.delete(ear),
      };
      const ear: Ear = { name, page, channel, last: new Map() };
      ears.add(ear);
      return channel;
    },
  };
}

function recordsIn(message: unknown): readonly CacheRecord[] | undefined {
  const { clear, records = [] } = message as { readonly clear?: boolean; readonly records?: readonly CacheRecord[] };
  return clear ? undefined : records;
}
