// Writes bench/RESULTS.md and its plots from the rows of one run.
import { mkdirSync, writeFileSync } from 'node:fs';
import { ratio } from './figure.mjs';
import { bars, lines, marks } from './plots.mjs';
import { names } from './svg.mjs';

/** The parts of RESULTS.md: their figures, text and plot. */
const sections = [
  {
    title: 'Reload',
    figures: ['cache-reload-10000', 'cache-reload-100000', 'cache-create'],
    text: `A page is loaded anew; from \`createProfileClient\` until \`ready\` has settled and every profile has been shown by \`peek\`,
which makes the profile objects. The profiles came through the client itself, a hundred to a reply. The floor opens
a database and reads the very same records from one packed record, and does nothing with them. *Create* is the time that a script in
a loaded page takes until \`createProfileClient\` has returned, in a renderer that has run no other script, less that of an empty script.`,
  },
  {
    title: 'Write',
    figures: ['cache-write-10000', 'cache-write-100000'],
    text: `From profiles that just came, all at once and with nothing kept before, until the transaction that holds them is complete.
Measured at the SDK's store (\`client/storage/indexeddb-store\`, what the client gives its profiles to): through the client the replies
would be measured with it, and nobody is told when the disk has them. The floor writes the same records as one. TanStack's
is one \`persistQueryClientSave\` by hand, which is the least it can do.`,
    plot: { file: 'reload-write', draw: drawReloadWrite },
  },
  {
    title: 'Write one',
    figures: ['cache-write-one'],
    text: `One profile of many changes: until that is on disk. The floor writes that one alone into a database that has nothing else.`,
    plot: { file: 'write-one', draw: drawWriteOne },
  },
  {
    title: 'Revalidate',
    figures: ['cache-revalidate-1000'],
    text: `After a reload 1,000 accounts that have not changed are asked for with \`getProfilePortrait\`; the floor is the same call with nothing
kept. Bytes are those of bodies, by the browser's own count: the server compresses with gzip. TanStack Query has no
version numbers: it fetches everything.`,
    plot: { file: 'revalidate', draw: drawRevalidate },
  },
  {
    title: 'Longest task',
    figures: ['cache-longest-task'],
    text: `The longest task of the page's main thread in the browser's trace, between the beginning of the work and 0.1 to 1 s after its end;
the median of the rounds. *Hydrate* and *write* are the work of the figures above; *fill* gets everybody through the
client, ten calls of a hundred accounts at a time, and keeps them; *revalidate* is the figure above with that many kept.
The floor is the same work with one packed record, or the same requests as bare fetches whose replies are parsed.`,
    plot: { file: 'longest-task', draw: drawLongestTask },
  },
  {
    title: 'Calls and memory',
    figures: ['get-profile-10000', 'peek'],
    text: `10,000 \`getProfile\` calls of one tick against 100 bare fetches of the same bytes, and \`peek\` against the lookup in a Map that it
cannot do without.`,
  },
];

/** The figures in RESULTS.md. */
export const resultFigures = sections.flatMap(({ figures }) => figures);

/** `machine` has pairs of a name and a value; `subscribed` has the ms and the number of profiles. */
export function writeResults({ rows, machine, subscribed }) {
  mkdirSync(new URL('plots', import.meta.url), { recursive: true });
  const parts = sections.map(({ title, figures, text, plot }) => {
    const own = rows.filter(({ figure }) => figures.includes(figure));
    if (plot) writeFileSync(new URL(`plots/${plot.file}.svg`, import.meta.url), plot.draw(rows));
    return [`## ${title}`, text, table(own), ...(plot ? [`![${title}](plots/${plot.file}.svg)`] : [])].join('\n\n');
  });
  const text = `# Results

Written by \`npm run bench results\`. Every figure is the median of rounds that alternate with its floor, what the platform asks for
the plainest way to do the same work, measured in the same run; in brackets where the middle half of the rounds was.

| | |
|---|---|
${machine.map(([what, which]) => `| ${what} | ${which} |`).join('\n')}

Each round has a page and a renderer process of its own, in a Chromium whose profile is a folder on disk (in a private window
IndexedDB stays in memory), and each side an origin of its own, so that no database holds anything but what is measured.
Transactions are complete when the browser says so, as everywhere in Chromium by default: given to the system, not yet forced
to the disk. A profile has a nick, gender, allow type and an image's URL.

Where the floor is one packed record, it is the cheaper of two that hold the very records which the SDK's store is given: an array,
cloned by the browser, and one JSON string. *Lean* is one JSON string of rows that say these profiles as shortly as they
can be said in it, and are not made into records again: nothing can be done with them as they are.

TanStack is \`@tanstack/query-core\` with \`persistQueryClient\` and the IndexedDB persister of its documentation: the whole client as one
cloned record through idb-keyval, one query a profile, \`gcTime\` infinite. Wired as documented it saves everything at every
event: ${thousands(subscribed.count)} profiles that come one after the other are on disk after ${thousands(subscribed.ms)} ms; the figures below are for one save of all.

${parts.join('\n\n')}
`;
  writeFileSync(new URL('RESULTS.md', import.meta.url), text);
}

function table(rows) {
  const lines = rows.map((row) => [
    row.label ?? row.figure,
    shownValue(row),
    floorOf(row),
    ratioOf(row),
    ...aimOf(row),
    tanstackOf(row),
    row.note ?? '',
  ]);
  const head = ['', 'webim-profile', 'floor', 'ratio', 'aim', 'met', 'TanStack', ''];
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function shownValue({ value, spread, unit }) {
  return spread ? `**${amount(value)}** (${spread.map(amount).join('–')}) ${unit}` : `**${amount(value)}** ${unit}`;
}

function floorOf({ floor, floorIs, lean }) {
  const words = floorIs ? `${amount(floor)}: ${floorIs}` : amount(floor);
  return lean ? `${words} (lean: ${amount(lean)})` : words;
}

function ratioOf({ value, floor }) {
  return ratio(value, floor);
}

function aimOf({ aim, value, floor }) {
  if (!aim) return ['', ''];
  const within = (number) => (aim.most === undefined ? number / floor <= aim.ratio : number <= aim.most);
  const met = !within(value) ? '**no**' : within(aim.worst ?? value) ? 'yes' : 'in most rounds';
  return [aim.text ?? `≤ ${aim.ratio}`, met];
}

function tanstackOf({ tanstack, tanstackRatio, unit }) {
  if (tanstackRatio) return `grows ${tanstackRatio.toFixed(1)}×`;
  return tanstack ? `${amount(tanstack)} ${unit}` : '';
}

function drawReloadWrite(rows) {
  const figures = ['cache-reload-10000', 'cache-reload-100000', 'cache-write-10000', 'cache-write-100000'];
  const groups = figures.map((figure) => {
    const { label, value, floor, tanstack } = rows.find((row) => row.figure === figure);
    const barOf = (who, ms) => ({ who, value: ms / floor, label: `${amount(ms)} ms` });
    return { label, bars: [barOf('floor', floor), barOf('ours', value), barOf('tanstack', tanstack)] };
  });
  return bars({
    title: 'Reload and write',
    subtitle: 'Times as long as for one packed record of the same data: shorter is better',
    groups,
    aims: [{ at: 1.5, label: 'aim: 1.5×' }],
    who: { ...names, floor: 'one packed record' },
  });
}

function drawWriteOne(rows) {
  const sizes = rows.filter(({ figure, count }) => figure === 'cache-write-one' && count);
  return lines({
    title: 'One changed profile',
    subtitle: 'ms until it is on disk, by how many profiles are kept (both scales logarithmic)',
    counts: sizes.map(({ count }) => count),
    series: {
      floor: sizes.map(({ floor }) => floor),
      tanstack: sizes.map(({ tanstack }) => tanstack),
      ours: sizes.map(({ value }) => value),
    },
    who: { ...names, floor: 'that one alone' },
  });
}

function drawRevalidate(rows) {
  const bytes = rows.filter(({ figure, unit, aim }) => figure === 'cache-revalidate-1000' && unit === 'bytes' && aim);
  const barOf = (who, value) => ({ who, value: value / 1000, label: `${amount(Math.round(value))} bytes` });
  return bars({
    title: '1,000 accounts that have not changed',
    subtitle: 'Bytes received: shorter is better',
    groups: bytes.map(({ label, value, floor }) => ({
      label: label.replace('received, ', ''),
      bars: [barOf('floor', floor), barOf('ours', value)],
    })),
    who: { floor: 'fetching them', ours: 'revalidating them' },
  });
}

function drawLongestTask(rows) {
  const works = rows.filter(({ figure }) => figure === 'cache-longest-task');
  return marks({
    title: 'Longest task on the main thread',
    subtitle: 'ms, on a logarithmic scale: left is better',
    rows: works.map(({ label, value, floor, tanstack }) => ({ label, values: { ours: value, floor, tanstack } })),
    aim: { at: 50, label: 'aim: 50 ms' },
  });
}

function amount(number) {
  if (Number.isInteger(number)) return number.toLocaleString('en');
  return number < 100 ? number.toFixed(1) : thousands(number);
}

function thousands(number) {
  return Math.round(number).toLocaleString('en');
}
