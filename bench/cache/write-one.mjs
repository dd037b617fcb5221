// Write one: the time until one changed profile is on disk, by how many are kept. The floor writes that one into an empty database.
import { inTurns, median, spread } from '../figure.mjs';
import { seedStore, seedTanstack } from './seeds.mjs';

const counts = [1000, 10_000, 100_000];
const times = 20;
/** TanStack writes everything each time, so fewer times are enough. */
const tanstackTimes = 4;

export async function cacheWriteOne(lab) {
  const contenders = { floor: () => lab.run('one', 'packed.writeOne', { times }) };
  for (const count of counts) {
    const { site: ours } = await seedStore(lab, count);
    const { site: tanstack } = await seedTanstack(lab, count);
    contenders[`ours ${count}`] = () => lab.run(ours, 'store.writeOne', { count, times });
    contenders[`tanstack ${count}`] = () => lab.run(tanstack, 'tanstack.writeOne', { count, times: tanstackTimes });
  }
  const values = await inTurns(contenders, { rounds: 3, warmups: 0 });
  const floor = median(values.floor.flat());
  const rows = counts.map((count) => {
    const took = values[`ours ${count}`].flat();
    return {
      name: `cache-write-one-${count}`,
      count,
      label: `write one, ${count.toLocaleString('en')} kept`,
      value: median(took),
      spread: spread(took),
      unit: 'ms',
      floor,
      floorIs: 'that one alone',
      tanstack: median(values[`tanstack ${count}`].flat()),
      note: `longest of ${took.length}: ${Math.max(...took).toFixed(1)} ms`,
    };
  });
  const [first] = rows;
  const last = rows.at(-1);
  const growth = {
    name: 'cache-write-one-growth',
    label: `with ${last.count.toLocaleString('en')} kept, against ${first.count.toLocaleString('en')}`,
    value: last.value,
    unit: 'ms',
    floor: first.value,
    floorIs: `ours with ${first.count.toLocaleString('en')}`,
    tanstackRatio: last.tanstack / first.tanstack,
    aim: { ratio: 1.5, text: 'does not grow (≤ 1.5)' },
  };
  return [...rows, growth];
}
