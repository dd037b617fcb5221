import { codeTexts } from '../wire/codes.js';
import type { Command } from '../wire/commands.js';
import { describe } from '../wire/describe.js';
import type { Reply } from '../wire/types.js';
import { accountExpected, isAccount } from '../wire/validate.js';
import type { Caller } from './caller.js';
import type { Bucket } from './limits.js';
import { createBucket } from './limits.js';
import type { Refusal } from './observer.js';
import { failReply } from './replies.js';
import type { Sessions } from './sessions.js';
import { createSessions } from './sessions.js';

/** What the query of a call says. */
export interface Query {
  readonly sdkappid?: string;
  readonly identifier?: string;
  readonly usersig?: string;
}

export interface GateOptions {
  readonly sdkAppID: number;
  readonly secretKey: string;
  readonly admins: readonly string[];
  readonly rateLimit: number;
  readonly forgeryLimit: number;
  readonly now: () => number;
}

export type Turned = { readonly turned: Reply; readonly refusal?: Refusal };

/** Who may come in: tells who calls, or why he is turned away. */
export interface Gate {
  admit(command: Command, query: Query, address: string | undefined): Promise<Caller | Turned>;
}

export function createGate({ sdkAppID, admins, rateLimit, now, ...rest }: GateOptions): Gate {
  const sessions: Sessions = createSessions({ sdkAppID, now, ...rest });
  const isAdmin = new Set(admins);
  const buckets = new Map<Command, Bucket>();

  /** The bucket is spent from by genuine callers alone: a stranger could empty it for everyone. */
  const withinRate = (command: Command): boolean => {
    if (rateLimit === 0) return true;
    const bucket = buckets.get(command) ?? createBucket({ size: rateLimit, refillMs: 1000, now });
    buckets.set(command, bucket);
    if (!bucket.has()) return false;
    bucket.spend();
    return true;
  };

  return {
    async admit(command, { sdkappid, identifier, usersig = '' }, address) {
      if (!sdkappid) return turned(60012, 'sdkappid: expected a number, got nothing');
      if (!/^\d+$/.test(sdkappid) || Number(sdkappid) !== sdkAppID)
        return turned(60006, `sdkappid: expected one served here, got ${describe(sdkappid)}`);
      if (!isAccount(identifier)) return turned(60004, `identifier: expected ${accountExpected}, got ${describe(identifier)}`);
      const checked = await sessions.check(identifier, usersig, address);
      if ('code' in checked && checked.code === 60007)
        return turned(60007, 'usersig: too many that cannot be read or were signed with another key came from this address', 'signatures');
      if ('code' in checked) return turned(checked.code, `usersig: ${codeTexts.common[checked.code]}`);
      if (!withinRate(command))
        return turned(60007, `${codeTexts.common[60007]}: expected at most ${rateLimit} of ${command} a second`, 'rate');
      return { identifier, admin: isAdmin.has(identifier), signedAt: checked.signedAt };
    },
  };
}

function turned(code: number, info: string, refusal?: Refusal): Turned {
  return { turned: failReply(code, info), ...(refusal && { refusal }) };
}
