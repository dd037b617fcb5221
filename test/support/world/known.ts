import type { CacheRecord, Stamp } from '../../../src/client/records.js';
import { numbersIn } from './ledger.js';
import type { Json, Sent } from './network.js';

interface Known {
  readonly number: number | undefined;
  /** When a server last said so, by the page's own clock. */
  readonly at: number;
}

/**
 * What a page must know by what came to it, leaving out whatever may be read in two ways: with it a client that
 * asks, or sends no number, can be told that it should have known better.
 */
export interface Knowledge {
  came(request: Sent, reply: Json): void;
  heard(records: readonly CacheRecord[]): void;
  loaded(records: readonly CacheRecord[]): void;
  cleared(): void;
  /** Whether all of `tags` were confirmed less than `staleTime` ago. */
  fresh(account: string, tags: readonly string[], staleTime: number): boolean;
  /** The one number under which all of `tags` are known. */
  number(account: string, tags: readonly string[]): number | undefined;
  /** The number of this very set and these tags, if nothing was heard of any of the accounts since it came. */
  setNumber(accounts: readonly string[], tags: readonly string[]): number | undefined;
  /** Whether this server was seen to number each account. */
  perAccount(): boolean;
}

export interface KnowledgeOptions {
  readonly viewer: string;
  readonly moment: () => number;
  readonly now: () => number;
}

const goneCodes: readonly unknown[] = [10001, 10002, 40003];

export function createKnowledge({ viewer, moment, now }: KnowledgeOptions): Knowledge {
  const held = new Map<string, Map<string, Known>>();
  const sets = new Map<string, { number: number; moment: number }>();
  /** When something was last heard of an account. */
  const touched = new Map<string, number>();
  let clearedAt = -1;
  let numbered = false;

  const tagsOf = (account: string): Map<string, Known> => {
    const found = held.get(account) ?? new Map<string, Known>();
    held.set(account, found);
    return found;
  };
  const touch = (account: string): void => void touched.set(account, moment());
  /** Nothing else came of this account while the request was under way, so that there is nothing to weigh. */
  const alone = (account: string, request: Sent): boolean =>
    !request.waited && (touched.get(account) ?? -1) <= request.moment && clearedAt < request.moment;

  /** Takes in what a reply says of its tags, or, where it may have been too late, that nothing is certain of them any more. */
  const take = (known: Map<string, Known>, { tags }: Sent, { number, sure }: { number: number | undefined; sure: boolean }): void => {
    for (const tag of tags) {
      const old = known.get(tag);
      if (sure) known.set(tag, { number, at: now() });
      else if (old) known.set(tag, { number: undefined, at: old.at });
    }
  };

  const learnOwn = (request: Sent, number: number | undefined): void => {
    const known = tagsOf(viewer);
    for (const [tag, old] of known) if (number && old.number === number - 1) known.set(tag, { ...old, number });
    // A set that waited for the one before it may be older than the last time that everything was forgotten.
    take(known, request, { number, sure: clearedAt < 0 && alone(viewer, request) });
    touch(viewer);
  };

  const learnGet = (request: Sent, reply: Json): void => {
    const { accounts, tags } = request;
    const failed = new Map(((reply['UserProfileItem'] ?? []) as Json[]).map((item) => [item['To_Account'], item['ResultCode']]));
    const numbers = numbersIn(request, reply);
    const current = Number(reply['CurrentStandardSequence'] ?? 0);
    numbered ||= ((reply['UserProfileItem'] ?? []) as Json[]).some((item) => Number.isInteger(item['StandardSequence']));
    const whole = accounts.every((account) => !failed.get(account) && alone(account, request));
    for (const account of accounts) {
      const known = tagsOf(account);
      if (goneCodes.includes(failed.get(account))) held.delete(account);
      else if (!failed.get(account)) take(known, request, { number: numbers.get(account), sure: alone(account, request) });
      touch(account);
    }
    if (accounts.length > 1 && current && whole && reply['ActionStatus'] === 'OK')
      sets.set(keyOf(accounts, tags), { number: current, moment: moment() });
  };

  const knowledge: Knowledge = {
    came(request, reply) {
      if (request.command === 'portrait_set') {
        if (reply['ActionStatus'] === 'OK') learnOwn(request, Number(reply['CurrentStandardSequence'] ?? 0) || undefined);
      } else if (reply['UserProfileItem'] || reply['CurrentStandardSequence']) learnGet(request, reply);
    },
    heard(records) {
      for (const { account, stamps } of records) {
        const known = tagsOf(account);
        for (const [tag, stamp] of Object.entries(stamps) as [string, Stamp][]) {
          const old = known.get(tag);
          // Under a clock that was moved back nobody can tell which of the two stays.
          const at = Math.max(old?.at ?? 0, stamp.at) > now() ? Number.NaN : Math.min(old?.at ?? 0, stamp.at);
          if (old) known.set(tag, { number: old.number === stamp.sequence ? old.number : undefined, at });
        }
        touch(account);
      }
    },
    loaded(records) {
      // What a slow disk brings then is forgotten, too.
      if (clearedAt >= 0) return;
      const before = records.filter(({ account }) => touched.has(account));
      knowledge.heard(before);
      for (const { account, stamps } of records.filter((record) => !before.includes(record))) {
        for (const [tag, { sequence, at }] of Object.entries(stamps) as [string, Stamp][])
          tagsOf(account).set(tag, { number: sequence, at });
        touch(account);
      }
    },
    cleared() {
      held.clear();
      sets.clear();
      clearedAt = moment();
    },
    fresh(account, tags, staleTime) {
      const ages = tags.map((tag) => now() - (held.get(account)?.get(tag)?.at ?? Number.NaN));
      return ages.every((age) => age >= 0 && age < staleTime);
    },
    number(account, tags) {
      const [first, ...others] = tags.map((tag) => held.get(account)?.get(tag)?.number);
      return others.every((other) => other === first) ? first : undefined;
    },
    setNumber(accounts, tags) {
      const set = sets.get(keyOf(accounts, tags));
      return set && accounts.every((account) => (touched.get(account) ?? -1) <= set.moment) ? set.number : undefined;
    },
    perAccount: () => numbered,
  };
  return knowledge;
}

function keyOf(accounts: readonly string[], tags: readonly string[]): string {
  return `${[...accounts].sort()} | ${[...tags].sort()}`;
}
