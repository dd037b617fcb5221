// Random schedules in a world of its own clock, disk, tabs and network: whatever happens, the rules hold (test/support/world/page.ts names them).
import fc from 'fast-check';
import { describe, test } from 'vitest';
import { live } from '../support/world/live.js';
import { plans } from '../support/world/plan.js';
import type { Kind } from '../support/world/server-kinds.js';

// The same schedules in every run of the suite; PROPERTY_RUNS and PROPERTY_SEED for others, and more of them.
const numRuns = Number(process.env['PROPERTY_RUNS'] ?? 200);
const seed = Number(process.env['PROPERTY_SEED'] ?? 3);

const kinds: Readonly<Record<string, Kind>> = {
  'that numbers each account': { numbers: 'per account', unchanged: 'bare items', restores: false },
  'of seed 001, whose "not modified" has no list': { numbers: 'one', unchanged: 'no list', restores: false },
  'of seed 001, whose "not modified" has an empty list': { numbers: 'one', unchanged: 'empty list', restores: false },
  'of seed 001, whose "not modified" has items without their own': { numbers: 'one', unchanged: 'bare items', restores: false },
  'of seed 001, whose "not modified" has empty items': { numbers: 'one', unchanged: 'empty items', restores: false },
  'without numbers': { numbers: 'none', unchanged: 'no list', restores: false },
  'that numbers each account, and is restored': { numbers: 'per account', unchanged: 'bare items', restores: true },
  'of seed 001 that is restored': { numbers: 'one', unchanged: 'bare items', restores: true },
};

describe.each(Object.entries(kinds))('against a server %s', (_name, kind) => {
  test('every schedule ends in the truth, by the rules', async () => {
    await fc.assert(
      fc.asyncProperty(plans(kind), (plan) => live(plan, kind)),
      { numRuns, seed },
    );
  }, 3_600_000);
});
