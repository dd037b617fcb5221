import { describe } from '../wire/describe.js';
import { adminTag, isCustomName } from '../wire/tags.js';
import type { MultiAccountImportReply, PortraitSetReply, ProfileItem, Reply } from '../wire/types.js';
import type { Issue, Limits } from '../wire/validate.js';
import { accountExpected, checkProfileItems, expect, isAccount } from '../wire/validate.js';
import { checkBatch, readPortraitGet } from './portrait-get.js';
import { createPortraitReplies } from './portrait-reply.js';
import type { EncodedReply } from './replies.js';
import { failReply, getFail, importFail, issueReply, okReply, setFail } from './replies.js';
import type { ProfileStore, StoredProfile, StoredValues } from './store.js';

/** Who calls: a user whose usersig was verified. */
export interface Caller {
  readonly identifier: string;
  readonly admin: boolean;
}

export interface ProfilesOptions extends Limits {
  readonly sdkAppID: number;
  readonly store: ProfileStore;
  /** Words that no text of a profile may hold (40005), compared without regard to case. Default none. */
  readonly forbiddenWords?: readonly string[];
  /** Longest reply of a portrait_get, in bytes before compression. Default 4 MiB. */
  readonly replyMaxBytes?: number;
}

type Body = Readonly<Record<string, unknown>>;

/** Hears what the store failed by, of which the reply says nothing. */
export type Failed = (error: unknown) => void;

/** The rules of the commands, on bodies that are JSON objects already. */
export interface Profiles {
  portraitGet(body: Body, caller: Caller, failed: Failed): Promise<EncodedReply | Reply>;
  portraitSet(body: Body, caller: Caller, failed: Failed): Promise<PortraitSetReply | Reply>;
  accountImport(body: Body, caller: Caller, failed: Failed): Promise<Reply>;
  multiAccountImport(body: Body, caller: Caller, failed: Failed): Promise<MultiAccountImportReply | Reply>;
}

const rememberedAccounts = 100_000;
/** Without a bound an ordinary user could make a profile, and so a reply, of any size. */
const maxCustomTags = 100;

export function createProfiles(options: ProfilesOptions): Profiles {
  const { sdkAppID, store, forbiddenWords = [], replyMaxBytes = 4 * 1024 * 1024, ...limits } = options;
  const words = forbiddenWords.map((word) => word.toLowerCase());
  const answerGet = createPortraitReplies(replyMaxBytes);
  const existing = new Set<string>();

  /** A first call with a usersig of one's own makes the account (PROTOCOL §1). */
  const ensureAccount = async (account: string): Promise<void> => {
    if (existing.has(account)) return;
    await store.create(sdkAppID, [account]);
    if (existing.size >= rememberedAccounts) existing.clear();
    existing.add(account);
  };

  const forbidden = (items: readonly ProfileItem[]): ProfileItem | undefined =>
    items.find(({ Value }) => typeof Value === 'string' && words.some((word) => Value.toLowerCase().includes(word)));

  return {
    async portraitGet(body, caller, failed) {
      const issues: Issue[] = [];
      const web = body['From_Account'] !== undefined;
      const from = web ? checkAccount(body['From_Account'], 'From_Account', issues) : undefined;
      if (issues.length > 0) return issueReply(getFail, issues);
      if (!mayCall(caller, from)) return failReply(40004, `${getFail}: ${notAllowed(caller, from)}`);
      const query = readPortraitGet(body, issues);
      if (issues.length > 0) return issueReply(getFail, issues);
      try {
        await ensureAccount(caller.identifier);
        const names = [...new Set(query.asked.map((asked) => asked.account))].filter(isAccount);
        return answerGet(query, await store.read(sdkAppID, names));
      } catch (error) {
        failed(error);
        return failReply(web ? 40808 : 40006, `${getFail}: the profiles could not be read`);
      }
    },

    async portraitSet(body, caller, failed) {
      const issues: Issue[] = [];
      const account = checkAccount(body['From_Account'], 'From_Account', issues);
      if (issues.length > 0) return issueReply(setFail, issues);
      if (!mayCall(caller, account)) return failReply(40004, `${setFail}: ${notAllowed(caller, account)}`);
      const items = checkProfileItems(body['ProfileItem'], issues, limits);
      for (const { Tag } of items) {
        expect(issues, caller.admin || Tag !== adminTag, { at: Tag, code: 40008, expected: 'an administrator', value: caller.identifier });
      }
      if (issues.length > 0) return issueReply(setFail, issues);
      const dirty = forbidden(items);
      if (dirty) return failReply(40005, `${setFail}: ${dirty.Tag}: expected no word of the operator's list`);
      try {
        await ensureAccount(caller.identifier);
        const added = items.filter(({ Tag }) => isCustomName(Tag)).map(({ Tag }) => Tag);
        // Two sets at once may each see the other's tags missing, and come out a few above: that harms nobody, a lock for every set would.
        const crowd = added.length > 0 ? crowded(added, (await store.read(sdkAppID, [account])).get(account)) : undefined;
        if (crowd) return failReply(40607, `${setFail}: ProfileItem: ${crowd}`);
      } catch (error) {
        failed(error);
        return failReply(40602, `${setFail}: the profile could not be read`);
      }
      try {
        const sequence = await store.write(sdkAppID, account, toValues(items));
        if (sequence === undefined)
          return failReply(40003, `${setFail}: From_Account: expected an account that exists, got ${describe(account)}`);
        return { ...okReply, CurrentStandardSequence: sequence };
      } catch (error) {
        failed(error);
        const custom = items.every((item) => isCustomName(item.Tag));
        return failReply(custom ? 40609 : 40606, `${setFail}: the profile could not be stored`);
      }
    },

    async accountImport(body, caller, failed) {
      if (!caller.admin) return failReply(40004, `${importFail}: ${notAllowed(caller, undefined)}`);
      const issues: Issue[] = [];
      const account = checkAccount(body['Identifier'] || body['UserID'], 'Identifier', issues);
      const given = [
        { Tag: 'Tag_Profile_IM_Nick', Value: body['Nick'] },
        { Tag: 'Tag_Profile_IM_Image', Value: body['FaceUrl'] },
        // Clients that write out every member write null for what they have not.
      ].filter((item) => item.Value !== undefined && item.Value !== null);
      const items = given.length > 0 ? checkProfileItems(given, issues, limits) : [];
      if (issues.length > 0) return issueReply(importFail, issues);
      const dirty = forbidden(items);
      if (dirty) return failReply(40005, `${importFail}: ${dirty.Tag}: expected no word of the operator's list`);
      try {
        await store.create(sdkAppID, [account]);
        if (items.length > 0) await store.write(sdkAppID, account, toValues(items));
        return okReply;
      } catch (error) {
        failed(error);
        return failReply(40606, `${importFail}: the account could not be stored`);
      }
    },

    async multiAccountImport(body, caller, failed) {
      if (!caller.admin) return failReply(40004, `${importFail}: ${notAllowed(caller, undefined)}`);
      const issues: Issue[] = [];
      const accounts = checkBatch(body['Accounts'], 'Accounts', issues);
      if (issues.length > 0) return issueReply(importFail, issues);
      const illegal = accounts.filter((account) => !isAccount(account));
      try {
        await store.create(sdkAppID, accounts.filter(isAccount));
      } catch (error) {
        failed(error);
        return failReply(40606, `${importFail}: the accounts could not be stored`);
      }
      if (illegal.length === 0) return { ...okReply, FailAccounts: [] };
      return {
        ...failReply(40003, `${importFail}: Accounts: expected ${accountExpected}, got ${describe(illegal[0])}`),
        FailAccounts: illegal,
      };
    },
  };
}

/** Checks the account a request is made for: 40002 when there is none, 40003 when it is no legal name. */
function checkAccount(name: unknown, at: string, issues: Issue[]): string {
  const code = name === undefined || name === '' ? 40002 : typeof name === 'string' ? 40003 : 40001;
  expect(issues, isAccount(name), { at, code, expected: accountExpected, value: name });
  return String(name);
}

/** An ordinary user calls for himself and says so; an administrator for anyone (PROTOCOL §1). */
function mayCall(caller: Caller, from: string | undefined): boolean {
  return caller.admin || from === caller.identifier;
}

function notAllowed(caller: Caller, from: string | undefined): string {
  const expected = `an administrator, or From_Account ${describe(caller.identifier)}`;
  return `identifier: expected ${expected}, got From_Account ${describe(from)}`;
}

/** What is wrong where a profile would come to have more custom tags than one may, if it would: those that are there may always be changed. */
function crowded(tags: readonly string[], profile: StoredProfile | undefined): string | undefined {
  const before = Object.keys(profile?.values ?? {}).filter(isCustomName);
  const known = new Set(before);
  const added = tags.filter((tag) => !known.has(tag)).length;
  if (!profile || added === 0 || before.length + added <= maxCustomTags) return undefined;
  return `expected no more than ${maxCustomTags} custom tags of one account, got ${added} new ones beside ${before.length}`;
}

function toValues(items: readonly ProfileItem[]): StoredValues {
  return Object.fromEntries(items.map((item) => [item.Tag, item.Value]));
}
