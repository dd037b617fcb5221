import { describe } from '../wire/describe.js';
import { okReply } from '../wire/read-reply.js';
import type { AccountDeleteReply, AccountDeleteResult, MultiAccountImportReply, ProfileItem, Reply } from '../wire/types.js';
import type { Issue } from '../wire/validate.js';
import {
  checkBatch,
  checkProfileItems,
  checkRequestedAccount,
  expect,
  isNewAccount,
  membersOf,
  newAccountExpected,
} from '../wire/validate.js';
import type { Caller } from './caller.js';
import { notAllowed } from './caller.js';
import { createForbiddenWords } from './forbidden-words.js';
import type { Body, Failed, ProfilesOptions } from './profiles-options.js';
import { deleteFail, failReply, importFail, issueReply } from './replies.js';
import type { StoredValues } from './store.js';
import { toValues } from './stored-values.js';

/** The rules of the commands that make and delete accounts, on bodies that are JSON objects already. */
export interface Accounts {
  accountImport(body: Body, caller: Caller, failed: Failed): Promise<Reply>;
  multiAccountImport(body: Body, caller: Caller, failed: Failed): Promise<MultiAccountImportReply | Reply>;
  accountDelete(body: Body, caller: Caller, failed: Failed): Promise<AccountDeleteReply | Reply>;
}

/** An account to import, or what is wrong with it. */
type Entry = { readonly account: string } & ({ readonly values: StoredValues } | { readonly problem: Reply });

export function createAccounts({ sdkAppID, store, forbiddenWords = [], now, ...limits }: ProfilesOptions): Accounts {
  const forbidden = createForbiddenWords(forbiddenWords);

  /** `issues` are those of the name. */
  const readEntry = (account: string, { Nick, FaceUrl }: Body, issues: Issue[]): Entry => {
    const given = [
      { Tag: 'Tag_Profile_IM_Nick', Value: Nick },
      { Tag: 'Tag_Profile_IM_Image', Value: FaceUrl },
      // Clients that write out every member write null for what they have not.
    ].filter((item) => item.Value !== undefined && item.Value !== null);
    const items: readonly ProfileItem[] = given.length > 0 ? checkProfileItems(given, issues, limits) : [];
    const problem = issues.length > 0 ? issueReply(importFail, issues) : forbidden(items, importFail);
    return problem ? { account, problem } : { account, values: toValues(items) };
  };

  /** Makes the good ones; resolves to the failure of all where the storage fails. */
  const make = async (entries: readonly Entry[], failed: Failed): Promise<Reply | undefined> => {
    const values = new Map<string, StoredValues>();
    for (const entry of entries) {
      if ('values' in entry) values.set(entry.account, { ...values.get(entry.account), ...entry.values });
    }
    try {
      if (values.size > 0) await store.create(sdkAppID, [...values.keys()], values);
      return undefined;
    } catch (error) {
      failed(error);
      return failReply(40606, `${importFail}: the ${entries.length > 1 ? 'accounts' : 'account'} could not be stored`);
    }
  };

  return {
    async accountImport(body, caller, failed) {
      if (!caller.admin) return failReply(40004, `${importFail}: ${notAllowed(caller, undefined)}`);
      const issues: Issue[] = [];
      const rule = { at: 'Identifier', isLegal: isNewAccount, expected: newAccountExpected };
      const entry = readEntry(checkRequestedAccount(body['Identifier'] || body['UserID'], rule, issues), body, issues);
      if ('problem' in entry) return entry.problem;
      return (await make([entry], failed)) ?? okReply;
    },

    async multiAccountImport(body, caller, failed) {
      if (!caller.admin) return failReply(40004, `${importFail}: ${notAllowed(caller, undefined)}`);
      const at = body['AccountList'] === undefined ? 'Accounts' : 'AccountList';
      const list = body[at];
      const issues: Issue[] = [];
      const accounts = checkBatch(at === 'Accounts' ? list : membersOf(list, 'UserID'), at, issues);
      if (issues.length > 0) return issueReply(importFail, issues);
      const entries = accounts.map((account, index) => {
        const own: Issue[] = [];
        expect(own, isNewAccount(account), { at, code: 40003, expected: newAccountExpected, value: account });
        return readEntry(account, at === 'AccountList' ? ((list as Body[])[index] ?? {}) : {}, own);
      });
      const failure = await make(entries, failed);
      if (failure) return failure;
      const bad = entries.flatMap((entry) => ('problem' in entry ? [entry] : []));
      return { ...(bad[0]?.problem ?? okReply), FailAccounts: bad.map(({ account }) => account) };
    },

    async accountDelete(body, caller, failed) {
      if (!caller.admin) return failReply(40004, `${deleteFail}: ${notAllowed(caller, undefined)}`);
      const issues: Issue[] = [];
      const accounts = checkBatch(membersOf(body['DeleteItem'], 'UserID'), 'DeleteItem', issues);
      if (issues.length > 0) return issueReply(deleteFail, issues);
      try {
        const { profiles } = await store.read(sdkAppID, accounts);
        const living = [...profiles].flatMap(([account, { deletedAt }]) => (deletedAt === undefined ? [account] : []));
        if (living.length > 0) await store.delete(sdkAppID, living, Math.floor(now() / 1000));
        // One that is deleted already is as it should be: a client whose connection broke asks again.
        const results = accounts.map((account) => (profiles.has(account) ? deleted(account) : unknown(account)));
        return { ...okReply, ResultItem: results };
      } catch (error) {
        failed(error);
        return failReply(40606, `${deleteFail}: the accounts could not be deleted`);
      }
    },
  };
}

function deleted(account: string): AccountDeleteResult {
  return { ResultCode: 0, ResultInfo: '', UserID: account };
}

function unknown(account: string): AccountDeleteResult {
  return { ResultCode: 40003, ResultInfo: `${deleteFail}: expected an account that exists, got ${describe(account)}`, UserID: account };
}
