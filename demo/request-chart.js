import { bytes } from './bytes.js';
import { h, svg } from './dom.js';
import { t } from './i18n.js';

const fewestPlaces = 12;
const [width, height] = [480, 100];

/** A bar for each request: the bytes fetched, and above them the bytes saved. The scale is at the left, the requests' numbers are below. */
export function requestChart(entries, first) {
  const top = roundUp(Math.max(...entries.map((entry) => entry.fetched + entry.saved), 1));
  const places = Math.max(entries.length, fewestPlaces);
  const list = entries.map((entry) => t('chartBar', { fetched: bytes(entry.fetched), saved: bytes(entry.saved) })).join(t('listEnd'));
  const lines = [0, 0.5, 1].map((part) => svg('line', { x1: 0, x2: width, y1: part * height, y2: part * height }));
  const bars = entries.flatMap((entry, index) => bar(entry, { x: (index / places) * width, top, room: width / places }));
  const picture = svg(
    'svg',
    { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': t('chartLabel', { list }) },
    lines,
    bars,
  );
  const labels = (kind, texts) => h('div', { class: kind, 'aria-hidden': 'true' }, ...texts.map((text) => h('span', {}, text)));
  return h(
    'figure',
    { class: 'chart' },
    h('figcaption', {}, t('chartTitle')),
    labels('scale', [bytes(top), bytes(top / 2), '0 B']),
    picture,
    labels('places', [t('chartRequests', { first, last: first + entries.length - 1 })]),
  );
}

function bar({ fetched, saved }, { x, top, room }) {
  const [low, high] = [(fetched / top) * height, (saved / top) * height];
  const at = { x: x + 2, width: Math.max(room - 4, 2) };
  return [
    svg('rect', { class: 'fetched', ...at, y: height - low, height: low }),
    high > 0 ? svg('rect', { class: 'saved', ...at, y: height - low - high, height: high }) : undefined,
  ];
}

/** The next 1, 2 or 5 with zeros behind it. */
function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].find((step) => step * power >= value) * power;
}
