import type { PortraitGetReply, Profile, UserProfileItem } from '../../../src/index.js';
import { ApiError, TransportError } from '../../../src/index.js';
import type { Blame, Page } from './page.js';
import type { Truth } from './truth.js';
import { placeOf, wasTrue } from './truth.js';
import type { Tag } from './words.js';
import { allTags, fieldOf } from './words.js';

/** A call while it waits for its answer. */
export interface Asked {
  readonly page: Page;
  readonly accounts: readonly string[];
  readonly tags: readonly Tag[];
  /** When it was made. */
  readonly since: number;
  /** By own tag: where in the viewer's history the page's last answered own set was by then. */
  readonly own: ReadonlyMap<Tag, number>;
  readonly aborted: () => boolean;
}

export interface Judge {
  /** An answer of the classic call: no older than the call. */
  portrait(asked: Asked, reply: PortraitGetReply): void;
  /** An answer of getProfile: the cache's, maybe, but never what it never was. */
  profile(asked: Asked, account: string, profile: Profile): void;
  /** A call that failed: for a reason? `account` if it failed for one account. */
  failed(asked: Asked, error: unknown, account?: string): void;
}

export interface JudgeOptions {
  readonly truth: Truth;
  readonly moment: () => number;
  /** Whether each account has its number, so that no answer can be taken for a newer one. */
  readonly perAccount: boolean;
  /** Whether pages may be unable to tell which of two answers is older. */
  readonly astray: boolean;
  /** All that viewers set: which of two own sets is older nobody can tell who has no numbers. */
  readonly chosen: ReadonlySet<unknown>;
  /** What befell the requests of a page since then. */
  readonly befell: (page: Page, since: number) => ReadonlySet<string>;
  readonly ahead: (account: string, value: unknown) => boolean;
  readonly blame: Blame;
}

export function createJudge({ truth, moment, perAccount, astray, chosen, befell, ahead, blame }: JudgeOptions): Judge {
  const checkOwn = ({ page, own }: Asked, account: string, [tag, value]: readonly [Tag, unknown]): void => {
    const least = own.get(tag);
    if (account !== page.viewer || least === undefined || astray || ahead(account, value)) return;
    const line = truth.past(account);
    if (placeOf(line, tag, [value, least]) < 0 && (perAccount || !chosen.has(value)))
      blame('own writes', `${page.name} set ${tag} to ${line[least]?.values?.[tag]}, and then got ${value}`);
  };

  const checkItem = (asked: Asked, { To_Account, ProfileItem = [], StandardSequence }: UserProfileItem): void => {
    const line = truth.past(To_Account);
    if (truth.blurred(To_Account)) return;
    for (const tag of asked.tags) {
      const value = ProfileItem.find((item) => item.Tag === tag)?.Value;
      const since = perAccount ? asked.since : 0;
      if (!ahead(To_Account, value) && !wasTrue(line, tag, [value, since, moment()]))
        blame('truth', `asked for ${tag} of ${To_Account}, got ${value}, which it was not then`);
      if (StandardSequence !== undefined && !line.some(({ number, values }) => number === StandardSequence && values?.[tag] === value))
        blame('truth', `got ${value} for ${tag} of ${To_Account} under ${StandardSequence}, which it never was`);
      checkOwn(asked, To_Account, [tag, value]);
    }
    const tags = ProfileItem.map(({ Tag }) => Tag);
    if (tags.join() !== asked.tags.filter((tag) => tags.includes(tag)).join()) blame('truth', `asked for ${asked.tags}, got ${tags}`);
  };

  const checkMissing = (account: string, since: number): void => {
    const line = truth.past(account);
    const was = line.some(({ values }, index) => !values && (line[index + 1]?.from ?? Number.POSITIVE_INFINITY) >= since);
    if (!was) blame('truth', `${account} is said not to exist, and it does`);
  };

  const judge: Judge = {
    portrait(asked, reply) {
      const names = reply.UserProfileItem.map((item) => item.To_Account);
      if (names.join() !== asked.accounts.join()) blame('truth', `asked for ${asked.accounts}, got ${names}`);
      for (const item of reply.UserProfileItem) {
        if (item.ResultCode) checkMissing(item.To_Account, asked.since);
        else checkItem(asked, item);
      }
    },
    profile(asked, account, profile) {
      if (profile.account !== account) blame('truth', `asked for ${account}, got ${profile.account}`);
      for (const tag of allTags) {
        const value = fieldOf(profile, tag);
        if (value === undefined || truth.blurred(account)) continue;
        if (!ahead(account, value) && !wasTrue(truth.past(account), tag, [value, 0, moment()]))
          blame('truth', `got ${value} for ${tag} of ${account}, which it never was`);
        checkOwn(asked, account, [tag, value]);
      }
    },
    failed(asked, error, account) {
      // What failed within the last second is not asked for again: its error may be of a question before this one.
      const befallen = befell(asked.page, account ? 0 : asked.since);
      const is = (what: string): boolean => befallen.has(what);
      if (error instanceof ApiError) {
        if (error.command === 'portrait_set') {
          if (error.code === 40005 ? !is('refused') : !is('busy')) blame('reasons', `a set was answered ${error.code}`);
        } else if (error.code === 10001 || error.code === 99999) {
          if (account) checkMissing(account, 0);
          else judge.portrait(asked, error.reply as PortraitGetReply);
        } else if (!is('busy')) blame('reasons', `a get was answered ${error.code}`);
        return;
      }
      const reason = error instanceof TransportError ? error.reason : String(error);
      const closed = asked.page.life() !== 'open';
      const good =
        (reason === 'aborted' && (asked.aborted() || closed || is('cleared'))) ||
        (reason === 'network' && is('lost')) ||
        (reason === 'malformed' && is('hiccup')) ||
        // A request's own time limit: what runs into it aborts.
        (reason === 'timeout' && is('aborted'));
      if (!good) blame('reasons', `${asked.page.name} failed: ${error}`);
    },
  };
  return judge;
}
