import { checkRequest } from '../../wire/check-request.js';
import { maxAccounts } from '../../wire/commands.js';
import { ApiError, refuse } from '../../wire/errors.js';
import { isReplyTooLarge, noItem, readItems } from '../../wire/read-reply.js';
import type { Tag } from '../../wire/tags.js';
import type {
  AccountDeleteReply,
  MultiAccountImportReply,
  PortraitGetReply,
  PortraitSetReply,
  ProfileItem,
  Reply,
  UserProfileItem,
} from '../../wire/types.js';
import type { Issue } from '../../wire/validate.js';
import { checkAccountList, checkTagList, toSequence } from '../../wire/validate.js';
import type { AdminClientOptions } from './admin-options.js';
import { toAdminSettings } from './admin-options.js';
import { createAdminTransport } from './admin-transport.js';

export type { UserSigOptions } from '../usersig.js';
export { signUserSig } from '../usersig.js';
export type { AdminClientOptions } from './admin-options.js';

/** What every call of an admin client takes. */
export interface AdminCallOptions {
  /** Gives the call up: it rejects with a TransportError of reason `aborted`. What was sent may have been done. */
  readonly signal?: AbortSignal | undefined;
}

export interface AccountImportOptions extends AdminCallOptions {
  readonly nick?: string | undefined;
  readonly faceUrl?: string | undefined;
}

/** What portraitGet answers for one account: its items, or why there are none. One bad account fails no other. */
export type PortraitResult =
  | {
      readonly ok: true;
      readonly account: string;
      readonly items: readonly ProfileItem[];
      /** The account's version number; undefined where the server gives none. */
      readonly sequence: number | undefined;
    }
  | { readonly ok: false; readonly account: string; readonly error: ApiError<PortraitGetReply> };

/** The REST interface, called with an administrator's usersig. Rejects with ApiError, TransportError or ValidationError. */
export interface AdminClient {
  /** Sets fields of one account, all or none. */
  portraitSet(account: string, items: readonly ProfileItem[], options?: AdminCallOptions): Promise<PortraitSetReply>;
  setNick(account: string, nick: string, options?: AdminCallOptions): Promise<PortraitSetReply>;
  /** The documents' name of `setNick`: sets the nick of one account. `profile_portrait_set('id1', 'MyNickName')` */
  profile_portrait_set(account_id: string, new_name: string, options?: AdminCallOptions): Promise<PortraitSetReply>;
  /**
   * The documents' name of `portraitSet`: sets fields of one account, all or none.
   * `profile_portrait_set2('id1', [{ Tag: 'Tag_Profile_IM_Nick', Value: 'MyNickName' }])`
   */
  profile_portrait_set2(account_id: string, profile_list: readonly ProfileItem[], options?: AdminCallOptions): Promise<PortraitSetReply>;
  /** One result per account, in the order asked, duplicates included; each account is asked for once, a hundred to a request, or fewer where the reply would be too large. */
  portraitGet(accounts: readonly string[], tags: readonly Tag[], options?: AdminCallOptions): Promise<readonly PortraitResult[]>;
  /** Makes one account, if it does not exist, and sets what is given of it. */
  accountImport(account: string, options?: AccountImportOptions): Promise<Reply>;
  /** Makes the accounts that do not exist, a hundred to a request. `failed` are those that could not be made. */
  multiAccountImport(accounts: readonly string[], options?: AdminCallOptions): Promise<{ readonly failed: readonly string[] }>;
  /**
   * Deletes accounts, a hundred to a request: their profiles are emptied. `failed` are those that never existed. An account that
   * is deleted already is no failure. It lives again after an import, or a call of its own with a usersig signed after the deletion.
   */
  accountDelete(accounts: readonly string[], options?: AdminCallOptions): Promise<{ readonly failed: readonly string[] }>;
}

export function createAdminClient(options: AdminClientOptions): AdminClient {
  const settings = toAdminSettings(options);
  const limits = { nickMaxBytes: settings.nickMaxBytes };
  const transport = createAdminTransport(settings);

  const portraitSet: AdminClient['portraitSet'] = async (account, items, { signal } = {}) => {
    const body = { From_Account: account, ProfileItem: items };
    refuse('portrait_set', checkRequest('portrait_set', body, limits));
    return good('portrait_set', await transport('portrait_set', body, signal));
  };

  const setNick: AdminClient['setNick'] = (account, nick, rest) =>
    portraitSet(account, [{ Tag: 'Tag_Profile_IM_Nick', Value: nick }], rest);

  return {
    portraitSet,
    setNick,
    profile_portrait_set: setNick,
    profile_portrait_set2: portraitSet,

    async portraitGet(accounts, tags, { signal } = {}) {
      const issues: Issue[] = [];
      const names = checkAccountList(accounts, 'accounts', issues);
      const TagList = checkTagList(tags, 'rest', issues);
      refuse('portrait_get', issues);
      const ask = async (To_Account: readonly string[], any: AbortSignal): Promise<readonly PortraitResult[]> => {
        const reply = (await transport('portrait_get', { To_Account, TagList }, any)) as PortraitGetReply;
        const half = To_Account.length >> 1;
        if (half === 0 || !isReplyTooLarge(reply)) return readResults(To_Account, good('portrait_get', reply));
        return (await Promise.all([ask(To_Account.slice(0, half), any), ask(To_Account.slice(half), any)])).flat();
      };
      const answers = await inChunks(names, signal, ask);
      const results = new Map(answers.map((result) => [result.account, result]));
      return names.flatMap((name) => results.get(name) ?? []);
    },

    async accountImport(account, { nick, faceUrl, signal } = {}) {
      const body = { Identifier: account, Nick: nick, FaceUrl: faceUrl };
      refuse('account_import', checkRequest('account_import', body, limits));
      return good('account_import', await transport('account_import', body, signal));
    },

    async multiAccountImport(accounts, { signal } = {}) {
      const issues: Issue[] = [];
      const names = checkAccountList(accounts, 'accounts', issues);
      refuse('multiaccount_import', issues);
      const failed = await inChunks(names, signal, async (Accounts, any) => {
        const reply: Reply & Partial<MultiAccountImportReply> = await transport('multiaccount_import', { Accounts }, any);
        // A list is an answer, also if some accounts failed. Without a list all have failed.
        return reply.FailAccounts?.length ? reply.FailAccounts : (good('multiaccount_import', reply).FailAccounts ?? []);
      });
      return { failed };
    },

    async accountDelete(accounts, { signal } = {}) {
      const issues: Issue[] = [];
      const names = checkAccountList(accounts, 'accounts', issues);
      refuse('account_delete', issues);
      const failed = await inChunks(names, signal, async (chunk, any) => {
        const DeleteItem = chunk.map((UserID) => ({ UserID }));
        const reply: Reply & Partial<AccountDeleteReply> = await transport('account_delete', { DeleteItem }, any);
        const results = good('account_delete', reply).ResultItem ?? [];
        return results.filter(({ ResultCode }) => Number(ResultCode) !== 0).map(({ UserID }) => UserID);
      });
      return { failed };
    },
  };
}

/** Runs `ask` on the distinct names, a hundred at a time. If one chunk fails, the call fails and the other chunks are given up. */
async function inChunks<T>(
  names: readonly string[],
  signal: AbortSignal | undefined,
  ask: (chunk: readonly string[], signal: AbortSignal) => Promise<readonly T[]>,
): Promise<readonly T[]> {
  const distinct = [...new Set(names)];
  const chunks = Array.from({ length: Math.ceil(distinct.length / maxAccounts) }, (_, index) =>
    distinct.slice(index * maxAccounts, (index + 1) * maxAccounts),
  );
  const failure = new AbortController();
  const any = AbortSignal.any(signal ? [signal, failure.signal] : [failure.signal]);
  try {
    return (await Promise.all(chunks.map((chunk) => ask(chunk, any)))).flat();
  } catch (error) {
    failure.abort();
    throw error;
  }
}

function good<R extends Reply>(command: ApiError['command'], reply: R): R {
  if (reply.ActionStatus !== 'OK') throw new ApiError(command, reply);
  return reply;
}

function readResults(accounts: readonly string[], reply: PortraitGetReply): readonly PortraitResult[] {
  const items = new Map(readItems(reply.UserProfileItem).map((item) => [item.To_Account, item]));
  return accounts.map((account) => {
    const item = items.get(account) ?? noItem(account);
    const { ResultCode, ProfileItem, StandardSequence } = item;
    if (ResultCode !== 0) return { ok: false, account, error: new ApiError('portrait_get', replyOf(item, reply)) };
    return { ok: true, account, items: ProfileItem ?? [], sequence: toSequence(StandardSequence) };
  });
}

/** What the server would have answered had this account been asked for alone. */
function replyOf(item: UserProfileItem, reply: PortraitGetReply): PortraitGetReply {
  const { To_Account, ResultCode, ResultInfo } = item;
  return {
    ...reply,
    UserProfileItem: [item],
    ActionStatus: 'FAIL',
    ErrorCode: ResultCode,
    ErrorInfo: `${To_Account}: ${ResultInfo}`,
  };
}
