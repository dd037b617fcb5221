// What a figure is: the thing itself and its floor, measured turn by turn in one run.

/**
 * Measures `ours` and `floor` in alternate rounds, each of them first in every other one: whatever else the machine
 * does meanwhile falls on both alike, and the medians leave single bad rounds out.
 */
export async function alternate({ unit, ours, floor, ...rounds }) {
  const [figure] = await alternateEach({
    ...rounds,
    units: [unit],
    ours: async (round) => [await ours(round)],
    floor: async (round) => [await floor(round)],
  });
  return figure;
}

/** The same for what is measured several numbers at once: a figure of each, in the order of `units`. */
export async function alternateEach({ rounds, warmups = 1, units, ours, floor }) {
  const values = [];
  const floors = [];
  for (let round = -warmups; round < rounds; round++) {
    const turns = [async () => values.push(await ours(round)), async () => floors.push(await floor(round))];
    for (const turn of round % 2 === 0 ? turns : turns.reverse()) await turn();
    if (round < 0) values.length = floors.length = 0;
  }
  const column = (rows, index) => median(rows.map((row) => row[index]));
  return units.map((unit, index) => ({ value: column(values, index), floor: column(floors, index), unit }));
}

/** The one line that a figure prints. */
export function figureLine(name, { value, floor, unit }) {
  return `${name}: ${digits(value)} ${unit}, floor ${digits(floor)}, ratio ${(value / floor).toFixed(2)}`;
}

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function digits(number) {
  return number.toFixed(number < 1000 ? 1 : 0);
}
