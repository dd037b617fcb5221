// Random plans on a simulated clock, disk, channel and network. For every plan, answers and profiles are true, no update is lost or
// sent again, events tell exactly what changed, and nothing is left after clear() and close().
import fc from 'fast-check';
import { describe, test } from 'vitest';
import { plans } from '../support/simulation/plan.js';
import type { ServerKind } from '../support/simulation/server.js';
import { simulate } from '../support/simulation/simulate.js';

// `npm run test:long` sets a new seed and more runs.
const numRuns = Number(process.env['PROPERTY_RUNS'] ?? 150);
const seed = Number(process.env['PROPERTY_SEED'] ?? 3);

const kinds: Readonly<Record<string, ServerKind & { readonly restores?: boolean }>> = {
  'that numbers each account': { numbers: 'per account', unchanged: 'bare items' },
  'that numbers each account, and is restored': { numbers: 'per account', unchanged: 'bare items', restores: true },
  'that numbers sets, whose "not modified" has no list': { numbers: 'per set', unchanged: 'no list' },
  'that numbers sets, whose "not modified" has an empty list': { numbers: 'per set', unchanged: 'empty list' },
  'that numbers sets, whose "not modified" has bare items': { numbers: 'per set', unchanged: 'bare items' },
  'that numbers sets, whose "not modified" has empty items': { numbers: 'per set', unchanged: 'empty items' },
  'without numbers': { numbers: 'none', unchanged: 'no list' },
};

describe.each(Object.entries(kinds))('a client of a server %s', (_name, kind) => {
  test('passes every check under every plan', async () => {
    await fc.assert(
      fc.asyncProperty(plans({ restores: kind.restores ?? false }), (plan) => simulate(plan, kind)),
      { numRuns, seed },
    );
  }, 3_600_000);
});
