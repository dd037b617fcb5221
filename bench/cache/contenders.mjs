// Who does the work of a figure, and by which call of which page: the SDK, one packed record in both its forms, and TanStack.
import { seedOurs, seedPacked, seedTanstack } from './seeds.mjs';

/** Reading everything that was kept. */
export async function reading(lab, count) {
  const { site: ours } = await seedOurs(lab, count);
  const { site: packed } = await seedPacked(lab, count);
  const { site: tanstack } = await seedTanstack(lab, count);
  return {
    ours: [ours, 'client.reload', { count }],
    clone: [packed, 'packed.read', { count, form: 'clone' }],
    json: [packed, 'packed.read', { count, form: 'json' }],
    tanstack: [tanstack, 'tanstack.read', { count }],
  };
}

/** Writing everything where nothing was kept. */
export function writing(count) {
  return {
    ours: [`write-ours-${count}`, 'store.write', { count }],
    clone: [`write-packed-${count}`, 'packed.write', { count, form: 'clone' }],
    json: [`write-packed-${count}`, 'packed.write', { count, form: 'json' }],
    tanstack: [`write-tanstack-${count}`, 'tanstack.write', { count }],
  };
}

/** The calls as functions for `inTurns`; `how` is `run` or `trace` of the lab. */
export function asTurns(calls, how) {
  return Object.fromEntries(Object.entries(calls).map(([who, call]) => [who, () => how(...call)]));
}
