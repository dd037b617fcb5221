import type { CacheRecord, Stamp } from '../../../src/client/records.js';
import type { Json, Sent } from './network.js';
import { busyCode } from './network.js';
import type { Blame, Watch } from './page.js';
import type { Truth } from './truth.js';
import type { Tag } from './words.js';

export interface LedgerOptions {
  readonly truth: Truth;
  readonly viewer: string;
  readonly blame: Blame;
}

interface Item {
  readonly To_Account: string;
  readonly ResultCode?: number;
  readonly StandardSequence?: number;
}

/**
 * Which numbers one page was given, and for what: by replies to its own questions, or by what other pages told it or
 * left on the disk, whose words were held against their own ledgers. No number may leave the page but these.
 */
export function createLedger({ truth, viewer, blame }: LedgerOptions): Partial<Watch> {
  const given = new Map<string, Set<string>>();
  /** By the accounts of a set: each number it was given, and the tags it was given for. */
  const sets = new Map<string, { number: number; tags: readonly string[] }[]>();
  /** The numbers that the viewer's own sets made. */
  const made = new Set<number>();
  /** How often everything was forgotten, now and when each request went out. */
  let era = 0;
  /** Questions that a busy server is to be asked again, word for word. */
  const again = new Set<string>();
  const eras = new WeakMap<Sent, number>();

  const give = (account: string, number: number | undefined, tags: readonly string[]): void => {
    if (number === undefined) return;
    const key = `${account} ${number}`;
    given.set(key, new Set([...(given.get(key) ?? []), ...tags]));
  };
  /** What an own set did not touch is the same under the number it made as under the one before. */
  const covers = (account: string, number: number, tag: string): boolean =>
    given.get(`${account} ${number}`)?.has(tag) === true || (account === viewer && made.has(number) && covers(account, number - 1, tag));
  const coversAll = (account: string, number: number, tags: readonly string[]): boolean =>
    number === 0 || tags.every((tag) => covers(account, number, tag));
  const coversSet = ({ accounts, tags }: Sent, number: number): boolean =>
    sets.get(keyOf(accounts))?.some((one) => one.number === number && tags.every((tag) => one.tags.includes(tag))) === true;

  const check = (where: string, records: readonly CacheRecord[]): void => {
    for (const { account, values, stamps } of records)
      for (const [tag, stamp] of Object.entries(stamps) as [Tag, Stamp][]) {
        const { sequence } = stamp;
        if (sequence === undefined) continue;
        const what = `${tag} of ${account} as ${values[tag]} under ${sequence}`;
        if (!covers(account, sequence, tag)) blame('numbers', `${where} ${what}, a number it was not given for that`);
        const was = truth.past(account).some((state) => state.number === sequence && state.values?.[tag] === values[tag]);
        if (!was && !truth.blurred(account)) blame('truth', `${where} ${what}, which it never was`);
      }
  };
  const learn = (records: readonly CacheRecord[]): void => {
    for (const { account, stamps } of records)
      for (const [tag, stamp] of Object.entries(stamps) as [Tag, Stamp][]) give(account, stamp.sequence, [tag]);
  };

  return {
    sent(request) {
      const { command, body, accounts, tags } = request;
      eras.set(request, era);
      if (body['From_Account'] !== viewer) blame('numbers', `${viewer} asks as ${body['From_Account']}`);
      // What waited for its turn while everything was forgotten may still say what was known when it was put.
      if (command === 'portrait_set' || again.delete(JSON.stringify(body)) || (request.waited && era > 0)) return;
      const named = body['UserItem'] as { To_Account: string; StandardSequence: number }[] | undefined;
      for (const { To_Account, StandardSequence } of named ?? [])
        if (!coversAll(To_Account, StandardSequence, tags))
          blame('numbers', `${StandardSequence} sent for ${To_Account} and ${tags}, for which it was not given`);
      const last = Number(body['LastStandardSequence'] ?? 0);
      const [only = ''] = accounts;
      const good = last === 0 || (accounts.length === 1 ? coversAll(only, last, tags) : coversSet(request, last));
      if (!good) blame('numbers', `${last} sent for all of ${accounts} and ${tags}, for which it was not given`);
    },
    came(request, reply) {
      const { command, accounts, tags } = request;
      const current = reply['CurrentStandardSequence'] as number | undefined;
      if (reply['ErrorCode'] === busyCode) again.add(JSON.stringify(request.body));
      if (command === 'portrait_set') {
        if (reply['ActionStatus'] !== 'OK' || !current) return;
        made.add(current);
        give(viewer, current, tags);
        return;
      }
      // What was asked before everything was forgotten is to be forgotten, too.
      if (eras.get(request) !== era) return;
      const items = (reply['UserProfileItem'] ?? []) as Item[];
      for (const { To_Account, ResultCode, StandardSequence } of items) if (!ResultCode) give(To_Account, StandardSequence, tags);
      const [only = ''] = accounts;
      if (current === undefined || reply['ActionStatus'] !== 'OK') return;
      if (accounts.length === 1) give(only, current, tags);
      else sets.set(keyOf(accounts), [...(sets.get(keyOf(accounts)) ?? []), { number: current, tags }]);
    },
    told: (records) => check('tells', records),
    saved: (records) => check('saves', records),
    heard: learn,
    loaded(records) {
      if (era === 0) learn(records);
    },
    cleared() {
      given.clear();
      sets.clear();
      made.clear();
      era++;
    },
  };
}

function keyOf(accounts: readonly string[]): string {
  return [...accounts].sort().join(' ');
}

/** The numbers a reply gives for single accounts. */
export function numbersIn({ accounts }: Sent, reply: Json): ReadonlyMap<string, number> {
  const numbers = new Map<string, number>();
  const current = reply['CurrentStandardSequence'] as number | undefined;
  for (const { To_Account, ResultCode, StandardSequence } of (reply['UserProfileItem'] ?? []) as Item[])
    if (!ResultCode && StandardSequence !== undefined) numbers.set(To_Account, StandardSequence);
  const [only = ''] = accounts;
  if (accounts.length === 1 && current !== undefined && reply['ActionStatus'] === 'OK') numbers.set(only, current);
  return numbers;
}
