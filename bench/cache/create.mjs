// Create: the time from adding a script to a loaded page until createProfileClient has returned, in a renderer that has run no script
// before, minus the time of an empty script.
import { inTurns, median, spread } from '../figure.mjs';

export async function cacheCreate(lab) {
  const contenders = { ours: () => lab.run('create', 'create.client', {}), floor: () => lab.run('create', 'create.nothing', {}) };
  const { ours, floor } = await inTurns(contenders, { rounds: 15, warmups: 1 });
  const empty = median(floor);
  const took = ours.map((ms) => ms - empty);
  return {
    label: 'create a client in a cold renderer',
    value: median(took),
    spread: spread(took),
    unit: 'ms',
    floor: empty,
    floorIs: 'an empty script, taken off',
    aim: { most: 3, text: '≤ 3 ms' },
  };
}
