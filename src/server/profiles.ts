import { describe } from '../wire/describe.js';
import { standardTags } from '../wire/tags.js';
import type { MultiAccountImportReply, PortraitGetReply, PortraitSetReply, ProfileItem, Reply } from '../wire/types.js';
import type { Limits } from '../wire/validate.js';
import { accountExpected, checkAccount, checkAccountList, checkProfileItems, isAccount } from '../wire/validate.js';
import { isCustomName } from '../wire/tags.js';
import { answerPortraitGet, readPortraitGet } from './portrait-get.js';
import { failReply, getFail, importFail, issueReply, okReply, setFail } from './replies.js';
import type { ProfileStore, StoredValues } from './store.js';

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
}

type Body = Readonly<Record<string, unknown>>;

/** The rules of the commands, on bodies that are JSON objects already. */
export interface Profiles {
  portraitGet(body: Body, caller: Caller): Promise<PortraitGetReply | Reply>;
  portraitSet(body: Body, caller: Caller): Promise<PortraitSetReply | Reply>;
  accountImport(body: Body, caller: Caller): Promise<Reply>;
  multiAccountImport(body: Body, caller: Caller): Promise<MultiAccountImportReply | Reply>;
}

const rememberedAccounts = 100_000;

export function createProfiles(options: ProfilesOptions): Profiles {
  const { sdkAppID, store, forbiddenWords = [], ...limits } = options;
  const words = forbiddenWords.map((word) => word.toLowerCase());
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
    async portraitGet(body, caller) {
      const web = body['From_Account'] !== undefined;
      const from = web ? checkAccount(body['From_Account'], 'From_Account') : undefined;
      if (from && !from.ok) return issueReply(getFail, from.issues);
      if (!mayCall(caller, from?.value)) return failReply(40004, `${getFail}: ${notAllowed(caller, from?.value)}`);
      const read = readPortraitGet(body);
      if ('reply' in read) return read.reply;
      try {
        await ensureAccount(caller.identifier);
        const names = [...new Set(read.query.asked.map((asked) => asked.account))].filter(isAccount);
        return answerPortraitGet(read.query, await store.read(sdkAppID, names));
      } catch {
        return failReply(web ? 40808 : 40006, `${getFail}: the profiles could not be read`);
      }
    },

    async portraitSet(body, caller) {
      const from = checkAccount(body['From_Account'], 'From_Account');
      if (!from.ok) return issueReply(setFail, from.issues);
      const account = from.value;
      if (!mayCall(caller, account)) return failReply(40004, `${setFail}: ${notAllowed(caller, account)}`);
      const checked = checkProfileItems(body['ProfileItem'], limits);
      if (!checked.ok) return issueReply(setFail, checked.issues);
      const items = checked.value;
      const adminOnly = caller.admin ? undefined : items.find(isAdminOnly);
      if (adminOnly) return failReply(40008, `${setFail}: ${adminOnly.Tag}: expected an administrator, got ${describe(caller.identifier)}`);
      const dirty = forbidden(items);
      if (dirty) return failReply(40005, `${setFail}: ${dirty.Tag}: expected no word of the operator's list`);
      try {
        await ensureAccount(caller.identifier);
      } catch {
        return failReply(40602, `${setFail}: the profile could not be read`);
      }
      try {
        const sequence = await store.write(sdkAppID, account, toValues(items));
        if (sequence === undefined) return failReply(40003, `${setFail}: From_Account: expected an account that exists, got ${describe(account)}`);
        return { ...okReply, CurrentStandardSequence: sequence };
      } catch {
        const custom = items.every((item) => isCustomName(item.Tag));
        return failReply(custom ? 40609 : 40606, `${setFail}: the profile could not be stored`);
      }
    },

    async accountImport(body, caller) {
      if (!caller.admin) return failReply(40004, `${importFail}: ${notAllowed(caller, undefined)}`);
      const account = checkAccount(body['Identifier'] ?? body['UserID'], 'Identifier');
      if (!account.ok) return issueReply(importFail, account.issues);
      const given = [
        { Tag: 'Tag_Profile_IM_Nick', Value: body['Nick'] },
        { Tag: 'Tag_Profile_IM_Image', Value: body['FaceUrl'] },
      ].filter((item) => item.Value !== undefined);
      const items = given.length > 0 ? checkProfileItems(given, limits) : undefined;
      if (items && !items.ok) return issueReply(importFail, items.issues);
      try {
        await store.create(sdkAppID, [account.value]);
        if (items) await store.write(sdkAppID, account.value, toValues(items.value));
        return okReply;
      } catch {
        return failReply(40606, `${importFail}: the account could not be stored`);
      }
    },

    async multiAccountImport(body, caller) {
      if (!caller.admin) return failReply(40004, `${importFail}: ${notAllowed(caller, undefined)}`);
      const accounts = checkAccountList(body['Accounts'], 'Accounts');
      if (!accounts.ok) return issueReply(importFail, accounts.issues);
      const failed = accounts.value.filter((account) => !isAccount(account));
      try {
        await store.create(sdkAppID, accounts.value.filter(isAccount));
      } catch {
        return failReply(40606, `${importFail}: the accounts could not be stored`);
      }
      if (failed.length === 0) return { ...okReply, FailAccounts: [] };
      return { ...failReply(40003, `${importFail}: Accounts: expected ${accountExpected}, got ${describe(failed[0])}`), FailAccounts: failed };
    },
  };
}

/** An ordinary user calls for himself and says so; an administrator for anyone (PROTOCOL §1). */
function mayCall(caller: Caller, from: string | undefined): boolean {
  return caller.admin || from === caller.identifier;
}

function notAllowed(caller: Caller, from: string | undefined): string {
  const expected = `an administrator, or From_Account ${describe(caller.identifier)}`;
  return `identifier: expected ${expected}, got From_Account ${describe(from)}`;
}

function isAdminOnly(item: ProfileItem): boolean {
  const rule = Object.hasOwn(standardTags, item.Tag) ? standardTags[item.Tag as keyof typeof standardTags] : undefined;
  return rule !== undefined && 'adminOnly' in rule;
}

function toValues(items: readonly ProfileItem[]): StoredValues {
  return Object.fromEntries(items.map((item) => [item.Tag, item.Value]));
}

