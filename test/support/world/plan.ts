// What fast-check chooses: everything that is left to chance in a world, so that it shrinks and plays again.
import fc from 'fast-check';
import type { Weather } from './network.js';
import type { Tag } from './words.js';
import { accounts, allTags } from './words.js';

/** What is set: which tags, each to a value nobody set before; `empty` sets text to ''. */
export interface Wish {
  readonly tags: readonly Tag[];
  readonly empty: boolean;
}

export type Deed =
  | { readonly do: 'write'; readonly account: string; readonly wish: Wish }
  | { readonly do: 'own'; readonly tab: number; readonly via: 'set' | 'update'; readonly wish: Wish; readonly rude: boolean }
  | {
      readonly do: 'portrait';
      readonly tab: number;
      readonly accounts: readonly string[];
      readonly tags: readonly Tag[];
      readonly abortAfter: number | undefined;
    }
  | {
      readonly do: 'profiles';
      readonly tab: number;
      readonly accounts: readonly string[];
      /** The client's own tags if undefined. */
      readonly tags: readonly Tag[] | undefined;
      /** The client's own if undefined. */
      readonly staleTime: number | undefined;
      readonly abortAfter: number | undefined;
    }
  | { readonly do: 'clear'; readonly tab: number }
  | { readonly do: 'reload'; readonly tab: number; readonly kill: boolean }
  | { readonly do: 'import' }
  | { readonly do: 'restore'; readonly deeds: number }
  | { readonly do: 'skew'; readonly ms: number };

/** A deed, and how long after the one before; undefined for in the same tick. */
export interface Step {
  readonly after: number | undefined;
  readonly deed: Deed;
}

export interface Plan {
  readonly steps: readonly Step[];
  /** Whether everything is forgotten after the last of them, and by which tab. */
  readonly clearLast: number | undefined;
  readonly tabs: 1 | 2 | 3;
  readonly maxEntries: number | undefined;
  /** Whether somebody looks at every profile all the time, or only in the end. */
  readonly watched: boolean;
  readonly weather: readonly Weather[];
  readonly diskDelays: readonly number[];
  readonly busDelays: readonly (number | 'lost')[];
}

export interface PlanOptions {
  readonly restores: boolean;
}

const pauses = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(0, 1, 4, 10) },
  { weight: 3, arbitrary: fc.constantFrom(25, 100, 400, 1500) },
  { weight: 1, arbitrary: fc.constantFrom(6_000, 30_000, 70_000) },
);
const delay = fc.oneof(
  { weight: 3, arbitrary: fc.nat(12) },
  { weight: 2, arbitrary: fc.constantFrom(20, 60, 300) },
  fc.constantFrom(2_000, 9_000),
);
const fate = fc.oneof(
  { weight: 12, arbitrary: fc.constant('fine' as const) },
  fc.constantFrom('lost' as const, 'reply lost' as const, 'silent' as const, 'busy' as const, 'hiccup' as const),
);
const weather = fc.array(fc.record({ out: delay, back: delay, fate }), { maxLength: 16 });

const tab = fc.nat(2);
const someTags = fc.subarray([...allTags], { minLength: 1 });
const pairs = fc.constantFrom(['ann', 'bob'], ['me', 'ann'], ['me', 'bob']);
// One account alone often enough: it has a number of its own with every server that has numbers.
const someAccounts = fc.oneof(
  fc.constantFrom(...accounts).map((account) => [account]),
  // And the same set often enough: a set's number is good for that one only.
  pairs,
  fc.subarray([...accounts], { minLength: 1 }),
  fc.array(fc.constantFrom(...accounts), { minLength: 2, maxLength: 4 }),
);
const wish = fc.record({ tags: someTags, empty: fc.boolean() });
const rarely = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { freq: 9, nil: undefined });
const abortAfter = fc.oneof({ weight: 8, arbitrary: fc.constant(undefined) }, fc.constantFrom(0, 1, 5, 100));
const staleTime = fc.constantFrom(undefined, 0, 0, 5_000);

const deeds = {
  write: fc.record({ do: fc.constant('write'), account: fc.constantFrom('me', 'you', 'ann', 'bob'), wish }),
  own: fc.record({
    do: fc.constant('own'),
    tab,
    via: fc.constantFrom('set', 'update'),
    wish,
    rude: fc.integer({ min: 0, max: 7 }).map((n) => n === 7),
  }),
  portrait: fc.record({ do: fc.constant('portrait'), tab, accounts: someAccounts, tags: someTags, abortAfter }),
  profiles: fc.record({
    do: fc.constant('profiles'),
    tab,
    accounts: someAccounts,
    tags: fc.oneof(fc.constant(undefined), someTags),
    staleTime,
    abortAfter,
  }),
  clear: fc.record({ do: fc.constant('clear'), tab }),
  reload: fc.record({ do: fc.constant('reload'), tab, kill: fc.boolean() }),
  import: fc.constant({ do: 'import' as const }),
  restore: fc.record({ do: fc.constant('restore'), deeds: fc.integer({ min: 1, max: 6 }) }),
  skew: fc.record({ do: fc.constant('skew'), ms: fc.constantFrom(-3_600_000, -5_000, 120_000) }),
} satisfies Record<Deed['do'], fc.Arbitrary<unknown>>;

function deed({ restores }: PlanOptions): fc.Arbitrary<Deed> {
  return fc.oneof(
    { weight: 6, arbitrary: deeds.write },
    { weight: 4, arbitrary: deeds.own },
    { weight: 7, arbitrary: deeds.portrait },
    { weight: 7, arbitrary: deeds.profiles },
    { weight: 1, arbitrary: deeds.clear },
    { weight: 2, arbitrary: deeds.reload },
    { weight: 1, arbitrary: deeds.import },
    { weight: 1, arbitrary: deeds.skew },
    { weight: restores ? 3 : 0, arbitrary: deeds.restore },
  ) as fc.Arbitrary<Deed>;
}

const calmly = (...deeds: Deed[]): Step[] => deeds.map((deed) => ({ after: 100, deed }));
/** What pages do all the time, and what chance alone seldom puts in this order: each is where a number may be used for what it is not good for. */
const habits: fc.Arbitrary<Step[]> = fc.oneof(
  fc.record({ tab: fc.nat(1), tags: someTags, more: someTags, wish }).map(({ tab, tags, more, wish }) => {
    const ask = { do: 'portrait', tab, accounts: ['me'], abortAfter: undefined } as const;
    return calmly({ ...ask, tags }, { do: 'own', tab, via: 'set', wish, rude: false }, { ...ask, tags }, { ...ask, tags: more });
  }),
  fc.record({ tab: fc.nat(1), accounts: pairs, tags: someTags, more: someTags, wish }).map(({ tab, accounts, tags, more, wish }) => {
    const ask = { do: 'portrait', tab, accounts, abortAfter: undefined } as const;
    return calmly({ ...ask, tags }, { do: 'write', account: accounts[1] ?? '', wish }, { ...ask, tags: more }, { ...ask, tags });
  }),
  // The first of two answers may come last.
  fc.record({ tab, account: fc.constantFrom('ann', 'bob'), wish }).map(({ tab, account, wish }) => {
    const ask = { do: 'portrait', tab, accounts: [account], tags: wish.tags, abortAfter: undefined } as const;
    return calmly(ask, { do: 'write', account, wish }, ask);
  }),
);

export function plans(options: PlanOptions): fc.Arbitrary<Plan> {
  const after = fc.oneof({ weight: 1, arbitrary: fc.constant(undefined) }, { weight: 4, arbitrary: pauses });
  const single = fc.record({ after, deed: deed(options) }).map((step) => [step]);
  const some = fc.oneof({ weight: 15, arbitrary: single }, { weight: 1, arbitrary: habits });
  return fc.record({
    steps: fc.array(some, { minLength: 1, maxLength: 30, size: 'max' }).map((steps) => steps.flat()),
    clearLast: rarely(tab),
    tabs: fc.constantFrom(1, 2, 3),
    maxEntries: rarely(fc.integer({ min: 1, max: 3 })),
    watched: fc.boolean(),
    weather,
    diskDelays: fc.array(delay, { maxLength: 8 }),
    busDelays: fc.array(fc.oneof({ weight: 6, arbitrary: delay }, fc.constant('lost' as const)), { maxLength: 8 }),
  });
}
