// What fast-check chooses: the steps, and how slow and unreliable everything is. A plan can be shrunk and repeated exactly.
import fc from 'fast-check';

export const nick = 'Tag_Profile_IM_Nick';
export const level = 'Tag_Profile_IM_Level';
export const custom = 'Tag_Profile_Custom_Mood';
export const tags = [nick, level, custom] as const;
export const viewer = 'me';
/** 'late' does not exist at first. */
export const accounts = [viewer, 'ann', 'bob', 'late'] as const;
export const tabCount = 2;

export type SimulatedTag = (typeof tags)[number];

export type Step =
  | { readonly do: 'server set' | 'server create' | 'server delete'; readonly account: string; readonly tags: readonly SimulatedTag[] }
  | { readonly do: 'restore'; readonly changes: number }
  | { readonly do: 'get' | 'profiles'; readonly tab: number; readonly accounts: readonly string[]; readonly tags: readonly SimulatedTag[] }
  | { readonly do: 'update' | 'set'; readonly tab: number; readonly tags: readonly SimulatedTag[]; readonly refused: boolean }
  | { readonly do: 'clear' | 'reload' | 'kill'; readonly tab: number }
  | { readonly do: 'move clock'; readonly ms: number };

/** What happens to one request: it is answered after a delay, or its connection breaks before or after the server has it. */
export interface Delivery {
  readonly out: number;
  readonly back: number;
  readonly fate: 'answered' | 'never arrives' | 'reply lost' | 'busy' | 'unavailable';
}

export interface Plan {
  readonly steps: readonly { readonly pause: number; readonly step: Step }[];
  readonly deliveries: readonly Delivery[];
  readonly diskDelays: readonly number[];
  readonly messageDelays: readonly (number | 'lost')[];
  readonly maxEntries: number | undefined;
}

const tab = fc.nat(tabCount - 1);
const someTags = fc.subarray([...tags], { minLength: 1 });
const someAccounts = fc.oneof(
  fc.constantFrom(...accounts).map((account) => [account]),
  fc.subarray([...accounts], { minLength: 2 }),
);
const other = fc.constantFrom('ann', 'bob');

function step(restores: boolean): fc.Arbitrary<Step> {
  return fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({ do: fc.constant('server set' as const), account: fc.constantFrom('me', 'ann', 'bob'), tags: someTags }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('server delete' as const), account: other, tags: someTags }) },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constantFrom('server create' as const),
        account: fc.constantFrom('ann', 'bob', 'late'),
        tags: someTags,
      }),
    },
    {
      weight: 7,
      arbitrary: fc.record({ do: fc.constantFrom('get' as const, 'profiles' as const), tab, accounts: someAccounts, tags: someTags }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('update' as const),
        tab,
        tags: someTags,
        refused: fc.integer({ min: 0, max: 5 }).map((n) => n === 5),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('set' as const), tab, tags: someTags, refused: fc.constant(false) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('clear' as const, 'reload' as const, 'kill' as const), tab }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('move clock' as const), ms: fc.constantFrom(-3_600_000, 120_000) }) },
    ...(restores
      ? [{ weight: 2, arbitrary: fc.record({ do: fc.constant('restore' as const), changes: fc.integer({ min: 1, max: 4 }) }) }]
      : []),
  );
}

const pause = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(0, 1, 5) }, fc.constantFrom(30, 250, 1500), fc.constantFrom(6000, 70_000));
const delay = fc.oneof({ weight: 3, arbitrary: fc.nat(12) }, fc.constantFrom(60, 300, 2500));
const fate = fc.oneof(
  { weight: 10, arbitrary: fc.constant('answered' as const) },
  fc.constantFrom('never arrives' as const, 'reply lost' as const, 'busy' as const, 'unavailable' as const),
);

export function plans({ restores }: { readonly restores: boolean }): fc.Arbitrary<Plan> {
  return fc.record({
    steps: fc.array(fc.record({ pause, step: step(restores) }), { minLength: 1, maxLength: 25 }),
    deliveries: fc.array(fc.record({ out: delay, back: delay, fate }), { maxLength: 12 }),
    diskDelays: fc.array(fc.constantFrom(1, 5, 40, 400), { minLength: 1, maxLength: 4 }),
    messageDelays: fc.array(fc.constantFrom(1, 10, 150, 'lost' as const), { minLength: 1, maxLength: 4 }),
    maxEntries: fc.option(fc.constant(2), { freq: 6, nil: undefined }),
  });
}
