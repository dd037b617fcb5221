import type { ProfileStore, StoredValues } from '../../../src/server.js';
import { createMemoryStore } from '../../../src/server.js';
import type { Tag, TagValues } from './words.js';
import { latecomer } from './words.js';

/** What an account was from one moment on; `values` are undefined where there was no such account. */
export interface State {
  readonly from: number;
  readonly number: number;
  readonly values: TagValues | undefined;
}

/** What the server has, and all it ever had: by this the clients are judged. */
export interface Truth {
  /** The real server's store, watched. */
  readonly store: ProfileStore;
  /** The states of an account, in order. */
  past(account: string): readonly State[];
  present(account: string): State;
  /** Every account that ever was. */
  accounts(): readonly string[];
  /** Puts the server back to what it was before its last `deeds` deeds. Who was there at first stays. */
  restore(deeds: number): Promise<void>;
  restored(): boolean;
  /** Notes that this number went out for these accounts together; `made` if a set made it, which tells of the one before as well. */
  give(accounts: readonly string[], number: number, made?: boolean): void;
  /** Whether one and the same number was given for two different contents of this account, which only a restored server does: nobody could know better. */
  blurred(account: string): boolean;
}

interface Deed {
  readonly account: string;
  readonly values: StoredValues | undefined;
}

const app = 1;
const nobody: State = { from: 0, number: 0, values: undefined };
const unset: StoredValues = { Tag_Profile_IM_AllowType: 'AllowType_Type_AllowAny' };

export function createTruth(moment: () => number): Truth {
  const states = new Map<string, State[]>();
  /** By accounts and number: the content it was given for. */
  const given = new Map<string, string>();
  const dim = new Set<string>();
  let deeds: Deed[] = [];
  let inner = createMemoryStore();
  let wasRestored = false;
  const present = (account: string): State => states.get(account)?.at(-1) ?? nobody;

  const note = (account: string, number: number, values: TagValues | undefined): void => {
    const line = states.get(account) ?? [nobody];
    if (number > 0 && (given.get(`${account} ${number}`) ?? contentOf(values)) !== contentOf(values)) dim.add(account);
    states.set(account, [...line, { from: moment(), number, values }]);
  };
  const create = async (account: string): Promise<void> => {
    if (present(account).values) return;
    deeds.push({ account, values: undefined });
    await inner.create(app, [account]);
    note(account, 1, unset);
  };
  const write = async (account: string, values: StoredValues): ReturnType<ProfileStore['write']> => {
    const written = await inner.write(app, account, values);
    if (written === undefined || written === 'full') return written;
    deeds.push({ account, values });
    note(account, written.sequence, { ...present(account).values, ...values } as TagValues);
    return written;
  };

  return {
    store: {
      read: (_app, accounts) => inner.read(app, accounts),
      write: (_app, account, values) => write(account, values),
      async create(_app, accounts) {
        for (const account of accounts) await create(account);
      },
      delete: () => Promise.reject(new Error('expected no account to be deleted')),
      list: (_app, after, limit) => inner.list(app, after, limit),
      renewEpoch: () => inner.renewEpoch(),
      touch: () => inner.touch(),
      // Here a server is put back by `restore` below: a store alone would not tell of it.
      restore: () => Promise.reject(new Error('expected nobody to restore by the store')),
      close: async () => undefined,
    },
    past: (account) => states.get(account) ?? [nobody],
    present,
    accounts: () => [...states.keys()],
    async restore(last) {
      const again = deeds.filter(({ account, values }, index) => index < deeds.length - last || (!values && account !== latecomer));
      inner = createMemoryStore();
      deeds = [];
      wasRestored = true;
      const before = new Map([...states].map(([account, line]) => [account, line.at(-1)]));
      const after = new Map<string, { number: number; values: StoredValues }>();
      for (const { account, values } of again) {
        if (values) await inner.write(app, account, values);
        else await inner.create(app, [account]);
        const old = after.get(account) ?? { number: 0, values: unset };
        after.set(account, { number: old.number + 1, values: { ...old.values, ...values } });
      }
      deeds = again;
      for (const [account, old] of before) {
        const { number, values } = after.get(account) ?? { number: 0, values: undefined };
        if (old?.number !== number || !old.values !== !values) note(account, number, values as TagValues | undefined);
      }
    },
    restored: () => wasRestored,
    give(accounts, number, made = false) {
      const [only = ''] = accounts;
      const before = made ? states.get(only)?.at(-2) : undefined;
      if (before && before.number > 0 && before.number === number - 1) given.set(`${only} ${before.number}`, contentOf(before.values));
      const contents = [...accounts].sort().map((account) => present(account).values);
      // Where an account is missing the number says nothing of it, and nobody may keep it for the set.
      if (number === 0 || contents.includes(undefined)) return;
      const key = `${[...accounts].sort().join(' ')} ${number}`;
      const content = contents.map(contentOf).join();
      if ((given.get(key) ?? content) !== content) for (const account of accounts) dim.add(account);
      given.set(key, content);
    },
    blurred: (account) => dim.has(account),
  };
}

function contentOf(values: TagValues | undefined): string {
  return JSON.stringify(Object.entries(values ?? {}).sort());
}

/** Whether `value` is what `tag` had at some moment from `since` to `until`. */
export function wasTrue(line: readonly State[], tag: Tag, [value, since, until]: readonly [unknown, number, number]): boolean {
  return line.some(
    ({ from, values }, index) =>
      values !== undefined && values[tag] === value && from <= until && (line[index + 1]?.from ?? Number.POSITIVE_INFINITY) >= since,
  );
}

/** Where in the line, from `least` on, `tag` first has `value`; -1 for nowhere. */
export function placeOf(line: readonly State[], tag: Tag, [value, least]: readonly [unknown, number]): number {
  return line.findIndex(({ values }, index) => index >= least && values !== undefined && values[tag] === value);
}
