import type { Caller } from './caller.js';
import type { Window } from './limits.js';
import { createBuckets, createWindow } from './limits.js';
import type { CallerCommand } from './sessions/commands.js';

export interface RatesOptions {
  /** Calls of each command in any second, of all administrators together. 0 for any number. */
  readonly rateLimit: number;
  /** Calls of each command a second, over time, of one ordinary user; three times as many at once. 0 for any number. */
  readonly rateLimitPerCaller: number;
  readonly now: () => number;
}

/** How often callers may call: each ordinary user has a limit of their own. */
export interface Rates {
  /** Whether so many calls are left; for an ordinary user with a full limit, always. */
  has(command: CallerCommand, caller: RatedCaller, calls: number): boolean;
  spend(command: CallerCommand, caller: RatedCaller, calls: number): void;
  /** What a refused caller is told. */
  expected(command: CallerCommand, caller: RatedCaller): string;
}

type RatedCaller = Pick<Caller, 'identifier' | 'admin'>;

const second = 1000;
const burst = 3;

export function createRates({ rateLimit, rateLimitPerCaller, now }: RatesOptions): Rates {
  const ofAdmins = new Map<CallerCommand, Window>();
  const ofUsers = createBuckets({ size: rateLimitPerCaller * burst, refillMs: burst * second, now });
  const windowOf = (command: CallerCommand): Window => {
    const window = ofAdmins.get(command) ?? createWindow({ size: rateLimit, ms: second, now });
    ofAdmins.set(command, window);
    return window;
  };
  const limitOf = ({ admin }: RatedCaller): number => (admin ? rateLimit : rateLimitPerCaller);

  return {
    has(command, caller, calls) {
      if (limitOf(caller) === 0) return true;
      if (caller.admin) return windowOf(command).has();
      return ofUsers.left(`${command} ${caller.identifier}`) >= Math.min(calls, limitOf(caller) * burst);
    },
    spend(command, caller, calls) {
      if (limitOf(caller) === 0) return;
      if (caller.admin) windowOf(command).spend();
      else ofUsers.spend(`${command} ${caller.identifier}`, calls);
    },
    expected: (command, caller) =>
      `expected at most ${limitOf(caller)} of ${command} a second${caller.admin ? '' : ' over time from one user'}`,
  };
}
