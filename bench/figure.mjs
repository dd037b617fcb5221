// A figure: a measured value and its floor, the fastest possible result, measured in turns in one run.

/**
 * Measures the contenders in alternate rounds, each of them first in its turn. Other work of the machine then affects all alike, and
 * the medians leave single bad rounds out. Resolves to the values of each, by its name.
 */
export async function inTurns(contenders, { rounds, warmups = 1 }) {
  const names = Object.keys(contenders);
  const values = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < warmups + rounds; round++) {
    const first = round % names.length;
    const order = [...names.slice(first), ...names.slice(0, first)];
    // The order is reversed now and then, so that no contender always follows the same one.
    if (Math.floor(round / names.length) % 2 === 1) order.reverse();
    for (const name of order) {
      const value = await contenders[name](round);
      if (round >= warmups) values[name].push(value);
    }
  }
  return values;
}

/** Measures `ours` and `floor` in turns. */
export async function alternate({ unit, ours, floor, ...options }) {
  const [figure] = await alternateEach({
    ...options,
    units: [unit],
    ours: async (round) => [await ours(round)],
    floor: async (round) => [await floor(round)],
  });
  return figure;
}

/** Measures several numbers at once: a figure for each, in the order of `units`. */
export async function alternateEach({ rounds, warmups, units, ours, floor }) {
  const values = await inTurns({ ours, floor }, { rounds, warmups });
  const column = (rows, index) => rows.map((row) => row[index]);
  return units.map((unit, index) => {
    const own = column(values.ours, index);
    return { value: median(own), floor: median(column(values.floor, index)), unit, spread: spread(own) };
  });
}

/** The line that is printed for a figure. */
export function figureLine(name, { value, floor, unit }) {
  return `${name}: ${digits(value)} ${unit}, floor ${digits(floor)}, ratio ${ratio(value, floor)}`;
}

export function ratio(value, floor) {
  return (value / floor).toFixed(2);
}

function digits(number) {
  return Number.isInteger(number) ? `${number}` : number.toFixed(number < 1000 ? 1 : 0);
}

export function median(numbers) {
  return quantile(numbers, 0.5);
}

/** The values between which the middle half of the rounds is. */
export function spread(numbers) {
  return [quantile(numbers, 0.25), quantile(numbers, 0.75)];
}

function quantile(numbers, share) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const [low, high] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  return low + (high - low) * (at - Math.floor(at));
}
