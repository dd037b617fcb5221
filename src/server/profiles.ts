import { codeTexts } from '../wire/codes.js';
import { describe } from '../wire/describe.js';
import { okReply } from '../wire/read-reply.js';
import { adminTag, isCustomName } from '../wire/tags.js';
import type { PortraitSetReply, Reply } from '../wire/types.js';
import type { Issue } from '../wire/validate.js';
import { accountExpected, checkProfileItems, checkRequestedAccount, expect, isAccount } from '../wire/validate.js';
import type { Accounts } from './accounts.js';
import { createAccounts } from './accounts.js';
import type { Caller } from './caller.js';
import { ensureOwnAccount, mayCall, notAllowed, ownAccount } from './caller.js';
import { createForbiddenWords } from './forbidden-words.js';
import { readPortraitGet } from './portrait-get.js';
import { createPortraitReplies } from './portrait-reply.js';
import type { Body, Failed, ProfilesOptions } from './profiles-options.js';
import type { EncodedReply } from './replies.js';
import { failReply, getFail, issueReply, setFail } from './replies.js';
import { rowExpected } from './row-limits.js';
import type { Found } from './store.js';
import { toValues } from './stored-values.js';

/** The rules of the commands, on bodies that are JSON objects already. */
export interface Profiles extends Accounts {
  portraitGet(body: Body, caller: Caller, failed: Failed): Promise<EncodedReply | Reply>;
  /** A portrait_get of every tag. */
  portraitGetAll(body: Body, caller: Caller, failed: Failed): Promise<EncodedReply | Reply>;
  portraitSet(body: Body, caller: Caller, failed: Failed): Promise<PortraitSetReply | Reply>;
}

export function createProfiles(options: ProfilesOptions): Profiles {
  const { sdkAppID, store, forbiddenWords = [], replyMaxBytes = 4 * 1024 * 1024, now: _now, onGot, ...limits } = options;
  const forbidden = createForbiddenWords(forbiddenWords);
  const answerGet = createPortraitReplies(replyMaxBytes);

  /** Reads the accounts, and the caller's own with them: a first call makes it. Where it cannot be made the others are read all the same. */
  const readFor = async (caller: Caller, accounts: readonly string[], failed: Failed): Promise<Found | 'expired'> => {
    const names = [...accounts, caller.identifier];
    const found = await store.read(sdkAppID, names);
    const own = ownAccount(caller, found.profiles.get(caller.identifier));
    if (own === 'expired') return own;
    if (own === 'there') return found;
    try {
      await store.create(sdkAppID, [caller.identifier]);
    } catch (error) {
      failed(error);
      return found;
    }
    return store.read(sdkAppID, names);
  };

  const get = async (every: boolean, body: Body, caller: Caller, failed: Failed): Promise<EncodedReply | Reply> => {
    const issues: Issue[] = [];
    const web = body['From_Account'] !== undefined;
    const from = web ? checkRequestedAccount(body['From_Account'], fromAccount, issues) : undefined;
    if (issues.length > 0) return issueReply(getFail, issues);
    if (!mayCall(caller, from)) return failReply(40004, `${getFail}: ${notAllowed(caller, from)}`);
    const query = readPortraitGet(body, issues, every);
    if (issues.length > 0) return issueReply(getFail, issues);
    try {
      const names = query.asked.map((asked) => asked.account).filter(isAccount);
      const found = await readFor(caller, names, failed);
      if (found === 'expired') return expiredReply;
      onGot?.(caller, query, found);
      // The vendor's SDKs lose the good accounts of a FAIL (docs/protocol.md §10).
      return answerGet(caller.session === undefined ? query : { ...query, form: 'rest' }, found);
    } catch (error) {
      failed(error);
      const failedRead = query.tags?.every(isCustomName) ? 40810 : 40808;
      return failReply(web ? failedRead : 40006, `${getFail}: the profiles could not be read`);
    }
  };

  return {
    ...createAccounts(options),

    portraitGet: (...call) => get(false, ...call),
    portraitGetAll: (...call) => get(true, ...call),

    async portraitSet(body, caller, failed) {
      const issues: Issue[] = [];
      const account = checkRequestedAccount(body['From_Account'], fromAccount, issues);
      if (issues.length > 0) return issueReply(setFail, issues);
      if (!mayCall(caller, account)) return failReply(40004, `${setFail}: ${notAllowed(caller, account)}`);
      const items = checkProfileItems(body['ProfileItem'], issues, limits);
      for (const { Tag } of items) {
        expect(issues, caller.admin || Tag !== adminTag, { at: Tag, code: 40008, expected: 'an administrator', value: caller.identifier });
      }
      if (issues.length > 0) return issueReply(setFail, issues);
      const dirty = forbidden(items, setFail);
      if (dirty) return dirty;
      const own = account === caller.identifier;
      try {
        if (!own && (await ensureOwnAccount(caller, options)) === 'expired') return expiredReply;
      } catch (error) {
        failed(error);
        return failReply(40602, `${setFail}: the profile could not be read`);
      }
      try {
        const write = () => store.write(sdkAppID, account, toValues(items));
        let written = await write();
        // The own account is made when the write does not find it.
        if (!written && own) {
          if ((await ensureOwnAccount(caller, options)) === 'expired') return expiredReply;
          written = await write();
        }
        if (written === 'full') return failReply(40607, `${setFail}: ProfileItem: expected ${rowExpected}, got more`);
        if (!written) return failReply(40003, `${setFail}: From_Account: expected an account that exists, got ${describe(account)}`);
        return { ...okReply, CurrentStandardSequence: written.sequence, Epoch: written.epoch };
      } catch (error) {
        failed(error);
        const custom = items.every((item) => isCustomName(item.Tag));
        return failReply(custom ? 40609 : 40606, `${setFail}: the profile could not be stored`);
      }
    },
  };
}

const fromAccount = { at: 'From_Account', isLegal: isAccount, expected: accountExpected };

const expiredReply: Reply = /* @__PURE__ */ failReply(
  70001,
  `usersig: ${codeTexts.common[70001]}: expected one signed after the account was deleted`,
);
