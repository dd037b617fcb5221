// Reload: the time until every kept profile is there, compared with reading one packed record of the same data.
import { inTurns, median, spread } from '../figure.mjs';
import { asTurns, reading } from './contenders.mjs';
import { besideFloor } from './floor.mjs';

export function cacheReload(count, times) {
  return async (lab) => {
    const { ours, ...others } = await inTurns(asTurns(await reading(lab, count), lab.run), times);
    const took = ours.map(({ ms }) => ms);
    const ready = median(ours.map((one) => one.ready));
    return {
      label: `reload, ${count.toLocaleString('en')} kept`,
      value: median(took),
      spread: spread(took),
      unit: 'ms',
      ...besideFloor(others),
      aim: { ratio: 1.5 },
      note: `${ready.toFixed(0)} ms until \`ready\`, the rest for the first \`peek\` of each`,
    };
  };
}
