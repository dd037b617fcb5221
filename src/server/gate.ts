import { codeTexts } from '../wire/codes.js';
import { describe } from '../wire/describe.js';
import type { Reply } from '../wire/types.js';
import { accountExpected, isAccount } from '../wire/validate.js';
import type { Caller } from './caller.js';
import type { Refusal } from './observer.js';
import type { RatesOptions } from './rates.js';
import { createRates } from './rates.js';
import { failReply } from './replies.js';
import type { CallerCommand } from './sessions/commands.js';
import type { Checked } from './signatures.js';
import { createSignatures } from './signatures.js';
import type { UserSigCode } from './usersig.js';

/** What the query of a call says. */
export interface Query {
  readonly sdkappid?: string;
  readonly identifier?: string;
  readonly usersig?: string;
  /** Both in place of the identifier and the usersig (docs/protocol.md §10). */
  readonly tinyid?: string;
  readonly a2?: string;
}

export interface GateOptions extends RatesOptions {
  readonly sdkAppID: number;
  readonly secretKey: string;
  readonly admins: readonly string[];
  readonly forgeryLimit: number;
  /** Whether an A2Key is taken in place of a usersig. */
  readonly takesA2Keys: boolean;
}

export type Turned = { readonly turned: Reply; readonly refusal?: Refusal };

/** A caller whose signature was verified. `hash` stands for the identifier in logs. */
export interface Admitted {
  readonly caller: Caller;
  readonly hash: string;
}

/** Who may come in. */
export interface Gate {
  /** Tells who calls, or why the call is turned away. Spends nothing. */
  admit(command: CallerCommand, query: Query, address: string | undefined): Promise<Admitted | Turned>;
  /** Spends one of the caller's calls, or as many as the call counts for; or turns the call away. */
  spend(command: CallerCommand, caller: Caller, calls?: number): Turned | undefined;
}

export function createGate({ sdkAppID, secretKey, admins, forgeryLimit, takesA2Keys, ...limits }: GateOptions): Gate {
  const signatures = createSignatures({ sdkAppID, secretKey, forgeryLimit, now: limits.now });
  const rates = createRates(limits);
  const isAdmin = new Set(admins);

  const tooMany = (command: CallerCommand, caller: Pick<Caller, 'identifier' | 'admin'>, calls = 1): Turned | undefined => {
    if (rates.has(command, caller, calls)) return undefined;
    return turned(60007, `${codeTexts.common[60007]}: ${rates.expected(command, caller)}`, 'rate');
  };

  /** A usersig goes before an A2Key: a page may log in while it holds an older session. */
  const isSession = ({ usersig, a2 }: Query): boolean => takesA2Keys && !usersig && !!a2;

  /** Who calls, as the query says. */
  const claim = (query: Query): Claim | Turned => {
    if (isSession(query)) {
      const { tinyid = '', a2 = '' } = query;
      const identifier = signatures.claimed(tinyid, a2);
      if (!isAccount(identifier)) return wrongSignature('A2Key', 70003);
      // An A2Key comes from a page: it has no administrator's rights.
      return { identifier, admin: false, kind: 'A2Key', check: (address) => signatures.a2Key(tinyid, a2, address) };
    }
    const { identifier, usersig = '' } = query;
    if (!isAccount(identifier)) return turned(60004, `identifier: expected ${accountExpected}, got ${describe(identifier)}`);
    const admin = isAdmin.has(identifier);
    return { identifier, admin, kind: 'usersig', check: (address) => signatures.userSig(identifier, usersig, address) };
  };

  return {
    async admit(command, query, address) {
      const { sdkappid } = query;
      if (!sdkappid) return turned(60012, 'sdkappid: expected a number, got nothing');
      if (!/^\d+$/.test(sdkappid) || Number(sdkappid) !== sdkAppID)
        return turned(60006, `sdkappid: expected one served here, got ${describe(sdkappid)}`);
      const claimed = claim(query);
      if ('turned' in claimed) return claimed;
      // A call over the limit is refused before its signature is verified: else a user could keep the processor busy with genuine ones.
      const refused = tooMany(command, claimed);
      if (refused) return refused;
      const checked = await claimed.check(address);
      if (!('code' in checked)) {
        const { identifier, hash, signedAt, expiresAt, session } = checked;
        return { caller: { identifier, admin: claimed.admin, signedAt, expiresAt, session }, hash };
      }
      if (checked.code === 60007)
        return turned(60007, `${claimed.kind}: too many from this address were refused, and others wait`, 'signatures');
      return wrongSignature(claimed.kind, checked.code);
    },
    spend(command, caller, calls = 1) {
      const refused = tooMany(command, caller, calls);
      // What is refused for its size was read: it counts as one.
      rates.spend(command, caller, refused ? 1 : calls);
      return refused;
    },
  };
}

/** Who a call says it is from, and how that is verified. */
interface Claim {
  readonly identifier: string;
  readonly admin: boolean;
  readonly kind: 'usersig' | 'A2Key';
  check(address: string | undefined): Promise<Checked>;
}

function wrongSignature(kind: Claim['kind'], code: UserSigCode): Turned {
  return turned(code, `${kind}: ${codeTexts.common[code]?.replace('usersig', kind)}`);
}

function turned(code: number, info: string, refusal?: Refusal): Turned {
  return { turned: failReply(code, info), ...(refusal && { refusal }) };
}
