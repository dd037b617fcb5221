import { codeTexts } from '../wire/codes.js';
import type { Command } from '../wire/commands.js';
import { describe } from '../wire/describe.js';
import type { Reply } from '../wire/types.js';
import { accountExpected, isAccount } from '../wire/validate.js';
import type { Caller } from './caller.js';
import type { Refusal } from './observer.js';
import type { RatesOptions } from './rates.js';
import { createRates } from './rates.js';
import { failReply } from './replies.js';
import { createSessions } from './sessions.js';

/** What the query of a call says. */
export interface Query {
  readonly sdkappid?: string;
  readonly identifier?: string;
  readonly usersig?: string;
}

export interface GateOptions extends RatesOptions {
  readonly sdkAppID: number;
  readonly secretKey: string;
  readonly admins: readonly string[];
  readonly forgeryLimit: number;
}

export type Turned = { readonly turned: Reply; readonly refusal?: Refusal };

/** A caller whose usersig was verified. `hash` stands for the identifier in logs. */
export interface Admitted {
  readonly caller: Caller;
  readonly hash: string;
}

/** Who may come in. */
export interface Gate {
  /** Tells who calls, or why the call is turned away. Spends nothing. */
  admit(command: Command, query: Query, address: string | undefined): Promise<Admitted | Turned>;
  /** Spends one of the caller's calls, or as many as the call counts for; or turns the call away. */
  spend(command: Command, caller: Caller, calls?: number): Turned | undefined;
}

export function createGate({ sdkAppID, secretKey, admins, forgeryLimit, ...limits }: GateOptions): Gate {
  const sessions = createSessions({ sdkAppID, secretKey, forgeryLimit, now: limits.now });
  const rates = createRates(limits);
  const isAdmin = new Set(admins);

  const tooMany = (command: Command, caller: Pick<Caller, 'identifier' | 'admin'>, calls = 1): Turned | undefined => {
    if (rates.has(command, caller, calls)) return undefined;
    return turned(60007, `${codeTexts.common[60007]}: ${rates.expected(command, caller)}`, 'rate');
  };

  return {
    async admit(command, { sdkappid, identifier, usersig = '' }, address) {
      if (!sdkappid) return turned(60012, 'sdkappid: expected a number, got nothing');
      if (!/^\d+$/.test(sdkappid) || Number(sdkappid) !== sdkAppID)
        return turned(60006, `sdkappid: expected one served here, got ${describe(sdkappid)}`);
      if (!isAccount(identifier)) return turned(60004, `identifier: expected ${accountExpected}, got ${describe(identifier)}`);
      const admin = isAdmin.has(identifier);
      // A call over the limit is refused before its usersig is verified: else a user could keep the processor busy with genuine ones.
      const refused = tooMany(command, { identifier, admin });
      if (refused) return refused;
      const checked = await sessions.check(identifier, usersig, address);
      if (!('code' in checked)) {
        const { hash, signedAt, expiresAt } = checked;
        return { caller: { identifier, admin, signedAt, expiresAt }, hash };
      }
      if (checked.code === 60007) return turned(60007, 'usersig: too many from this address were refused, and others wait', 'signatures');
      return turned(checked.code, `usersig: ${codeTexts.common[checked.code]}`);
    },
    spend(command, caller, calls = 1) {
      const refused = tooMany(command, caller, calls);
      // What is refused for its size was read: it counts as one.
      rates.spend(command, caller, refused ? 1 : calls);
      return refused;
    },
  };
}

function turned(code: number, info: string, refusal?: Refusal): Turned {
  return { turned: failReply(code, info), ...(refusal && { refusal }) };
}
