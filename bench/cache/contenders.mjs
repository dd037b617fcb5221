// The contenders of a figure, each with its page and call: the SDK, one packed record in each of its forms, and TanStack.
import { forms } from './floor.mjs';
import { seedOurs, seedPacked, seedTanstack } from './seeds.mjs';

/** Reading everything that is kept. */
export async function reading(lab, count) {
  const { site: ours } = await seedOurs(lab, count);
  const { site: packed } = await seedPacked(lab, count);
  const { site: tanstack } = await seedTanstack(lab, count);
  return {
    ours: [ours, 'client.reload', { count }],
    ...inEachForm((form) => [packed, 'packed.read', { count, form }]),
    tanstack: [tanstack, 'tanstack.read', { count }],
  };
}

/** Writing everything when nothing is kept. */
export function writing(count) {
  return {
    ours: [`write-ours-${count}`, 'store.write', { count }],
    ...inEachForm((form) => [`write-packed-${count}`, 'packed.write', { count, form }]),
    tanstack: [`write-tanstack-${count}`, 'tanstack.write', { count }],
  };
}

/** The calls as functions for `inTurns`; `how` is `run` or `trace` of the lab. */
export function asTurns(calls, how) {
  return Object.fromEntries(Object.entries(calls).map(([who, call]) => [who, () => how(...call)]));
}

function inEachForm(callOf) {
  return Object.fromEntries(forms.map((form) => [form, callOf(form)]));
}
