// The longest task of the page's main thread in each kind of work, from the browser's trace.
import { inTurns, median } from '../figure.mjs';
import { asTurns, reading, writing } from './contenders.mjs';
import { besideFloor } from './floor.mjs';
import { seedOurs } from './seeds.mjs';

const asked = 1000;
const limitMs = 50;
const bare = 'the same requests, bare';

/** The kinds of work, in order: the last one changes what is on disk. */
export async function cacheLongestTask(lab) {
  const rows = [];
  for (const count of [10_000, 100_000]) {
    const times = { rounds: count > 10_000 ? 3 : 5, warmups: 0 };
    const of = (work, traced, rest) => rows.push(row({ work, count, traced }, rest));

    const read = await inTurns(asTurns(plain(await reading(lab, count)), lab.trace), times);
    of('hydrate', read.ours, besideFloor(longestOf(read)));

    const written = await inTurns(asTurns(plain(writing(count)), lab.trace), times);
    of('write', written.ours, besideFloor(longestOf(written)));

    // All work together: a page gets its profiles through the client, a hundred at a time, and keeps them.
    const { site, made } = await seedOurs(lab, count);
    const sent = await lab.trace(site, 'packed.send', made.result);
    of('fill', [made], { floor: sent.longest, floorIs: bare });

    const revalidated = await revalidations(lab, site, times);
    of(`revalidate-${asked}`, revalidated.ours, { floor: median(longestOf(revalidated).floor), floorIs: bare });
  }
  return rows;
}

/** Without the lean form, which is no floor. */
function plain({ lean: _, ...calls }) {
  return calls;
}

/** Revalidations, each followed by its own requests as bare fetches. */
async function revalidations(lab, site, { rounds }) {
  const ours = [];
  const floor = [];
  for (let round = 0; round < rounds; round++) {
    const traced = await lab.trace(site, 'client.revalidate', { asked });
    ours.push(traced);
    floor.push(await lab.trace(site, 'packed.send', traced.result));
  }
  return { ours, floor };
}

function longestOf(traced) {
  return Object.fromEntries(Object.entries(traced).map(([who, rounds]) => [who, rounds.map(({ longest }) => longest)]));
}

function row({ work, count, traced }, rest) {
  const values = traced.map(({ longest }) => longest);
  const busiest = `${median(traced.map((one) => one.busiest)).toFixed(0)} ms of processor time`;
  const worst = Math.max(...values);
  return {
    name: `cache-longest-task-${work}-${count}`,
    label: `${work.replace('-', ' ')}, ${count.toLocaleString('en')}`,
    value: median(values),
    unit: 'ms',
    aim: { most: limitMs, text: `≤ ${limitMs} ms`, worst },
    note: values.length > 1 ? `${busiest}; longest of ${values.length} rounds: ${worst.toFixed(0)} ms` : busiest,
    ...rest,
  };
}
