import type { CacheRecord, Records } from '../../../src/client/records.js';
import { isNewer, overlay } from '../../../src/client/records.js';
import type { CacheStore, Unsent } from '../../../src/client/store.js';
import type { Clock } from './clock.js';
import type { Page } from './page.js';

/** What one viewer's pages keep between them. */
export interface Disk {
  /** The disk as one page sees it: what pages ask for is done in that order, as transactions are, each a while later and all at once or not at all. */
  openFor(page: Page): CacheStore;
  records(): ReadonlyMap<string, CacheRecord>;
  unsent(): Unsent | undefined;
}

export interface DiskOptions {
  readonly clock: Clock;
  /** How long things take, in ms, one after the other and round again. */
  readonly delays: readonly number[];
}

export function createMemoryDisk({ clock, delays }: DiskOptions): Disk {
  const kept = new Map<string, CacheRecord>();
  let keptPerAccount = false;
  let waiting: Unsent | undefined;
  let deeds = 0;
  let last = 0;

  const openFor = (page: Page): CacheStore => {
    /** Does `what` when its time has come, unless the page was killed before. */
    const later = <T>(what: () => T): Promise<T> => {
      const delay = delays[deeds++ % delays.length] ?? 1;
      last = Math.max(last, clock.time() + delay);
      return new Promise((resolve) =>
        clock.after(last - clock.time(), () => {
          if (page.life() !== 'killed') resolve(what());
        }),
      );
    };
    return {
      load: (take) =>
        later(() => {
          for (const piece of inTwo(copy([...kept.values()]))) {
            page.watch.loaded(piece);
            take(new Map(piece.map((record) => [record.account, record])));
          }
          return { perAccount: keptPerAccount };
        }),
      save(records, perAccount) {
        if (page.life() !== 'killed') page.watch.saved([...records.values()].filter((record) => record !== undefined));
        const copied = new Map([...records].map(([account, record]) => [account, record && copy(record)]));
        return later(() => {
          keptPerAccount = perAccount;
          merge(kept, copied);
        });
      },
      unsent: (change) =>
        later(() => {
          waiting = copy(change(copy(waiting)));
          return copy(waiting);
        }),
      clear: () =>
        later(() => {
          kept.clear();
          keptPerAccount = false;
          waiting = undefined;
        }),
      close: () => undefined,
    };
  };

  return { openFor, records: () => kept, unsent: () => waiting };
}

/** In one transaction: where another page kept a newer number meanwhile, that one stays. */
function merge(kept: Map<string, CacheRecord>, records: Records): void {
  for (const [account, record] of records) {
    if (!record) kept.delete(account);
    else
      kept.set(
        account,
        overlay(kept.get(account), record, (stamp, old) => !isNewer(old, stamp)),
      );
  }
}

/** As it comes back from a disk: nothing of the original, and nothing that JSON does not say. */
function copy<T>(value: T): T {
  return value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T);
}

function inTwo<T>(list: readonly T[]): readonly (readonly T[])[] {
  const half = Math.ceil(list.length / 2);
  return [list.slice(0, half), list.slice(half)].filter((piece) => piece.length > 0);
}
