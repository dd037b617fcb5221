// Write: the time until new profiles are on disk, compared with writing one packed record of the same data.
import { inTurns, median, spread } from '../figure.mjs';
import { asTurns, writing } from './contenders.mjs';
import { besideFloor } from './floor.mjs';

export function cacheWrite(count, times) {
  return async (lab) => {
    const { ours, ...others } = await inTurns(asTurns(writing(count), lab.run), times);
    return {
      label: `write ${count.toLocaleString('en')}`,
      value: median(ours),
      spread: spread(ours),
      unit: 'ms',
      ...besideFloor(others),
      aim: { ratio: 1.5 },
    };
  };
}

/** What TanStack costs as documented, while profiles come; RESULTS.md says it in words. */
export function tanstackSubscribed(lab, count) {
  return lab.run('tanstack-subscribed', 'tanstack.writeSubscribed', { count });
}
