import { byId, h, svg } from './dom.js';
import { t, withLanguage } from './i18n.js';

const mostShown = 20;
const mostBars = 24;
/** What asking every 10 s instead would take: a reply whose numbers are all unchanged. */
const pollEveryMs = 10_000;
const replyBytes = 170;
const itemBytes = 80;

/** The panel of requests: totals, a chart, and each request in words. `add` takes the entries of a request log. */
export function createRequestPanel() {
  let entries = [];
  /** Since when there was a live stream, its bytes, and the accounts that it follows. */
  let streamed = { since: 0, bytes: 0, accounts: 0 };
  const render = () => {
    const fetched = sum(entries, 'fetched');
    const spared = sum(entries, 'spared');
    byId('total-fetched').textContent = bytes(fetched);
    byId('total-spared').textContent = bytes(spared);
    byId('total-streamed').textContent = bytes(streamed.bytes);
    byId('total-polled').textContent = bytes(polled(streamed));
    byId('requests-empty').hidden = entries.length > 0;
    byId('chart').replaceChildren(...(entries.length > 0 ? [chart(entries.slice(-mostBars))] : []));
    byId('requests').replaceChildren(...entries.slice(-mostShown).reverse().map(entryView));
  };
  withLanguage(render);
  return {
    add(entry) {
      entries = [...entries, entry];
      render();
    },
    addStreamed(count, accounts) {
      streamed = { since: streamed.since || Date.now(), bytes: streamed.bytes + count, accounts };
      render();
    },
    clear() {
      streamed = { since: 0, bytes: 0, accounts: 0 };
      entries = [];
      render();
    },
  };
}

function polled({ since, accounts }) {
  const times = since > 0 ? Math.ceil((Date.now() - since) / pollEveryMs) : 0;
  return times * (replyBytes + accounts * itemBytes);
}

function entryView({ command, accounts, last, numbers, current, fetched, spared }) {
  const row = (name, value, kind) => [h('dt', {}, t(name)), h('dd', { 'data-field': kind }, value)];
  const sent = numbers ? accounts.map((account, index) => h('span', { class: 'chip' }, `${account}: ${numbers[index]}`)) : String(last);
  return h(
    'li',
    { class: 'request', 'data-command': command },
    h('code', {}, command),
    h(
      'dl',
      {},
      row(
        'accounts',
        accounts.map((account) => h('span', { class: 'chip' }, account)),
        'accounts',
      ),
      command === 'portrait_get' ? row(numbers ? 'userItem' : 'lastSequence', sent, 'sent') : [],
      row('currentSequence', String(current ?? t('none')), 'received'),
      row('bytes', received(fetched, spared), 'bytes'),
    ),
  );
}

function received(fetched, spared) {
  if (fetched === 0) return t('noAnswer');
  return spared > 0 ? t('bytesAndSpared', { fetched: bytes(fetched), spared: bytes(spared) }) : bytes(fetched);
}

/** A bar for each request: the bytes fetched, and above them the bytes spared. */
function chart(entries) {
  const [width, height] = [480, 96];
  const most = Math.max(...entries.map((entry) => entry.fetched + entry.spared), 1);
  const step = width / Math.max(entries.length, 12);
  const bars = entries.flatMap((entry, index) => {
    const scale = (value) => (value / most) * (height - 2);
    const [low, high] = [scale(entry.fetched), scale(entry.spared)];
    const at = { x: index * step + 1, width: Math.max(step - 4, 2), rx: 2 };
    return [
      svg('rect', { class: 'fetched', ...at, y: height - low, height: low }),
      high > 0 ? svg('rect', { class: 'spared', ...at, y: Math.max(height - low - high - 1, 0), height: high }) : undefined,
    ];
  });
  const list = entries.map((entry) => t('chartBar', { fetched: bytes(entry.fetched), spared: bytes(entry.spared) })).join('; ');
  const line = svg('line', { x1: 0, x2: width, y1: height - 0.5, y2: height - 0.5 });
  return svg(
    'svg',
    { class: 'chart', viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': t('chartLabel', { list }) },
    bars,
    line,
  );
}

function sum(entries, member) {
  return entries.reduce((total, entry) => total + entry[member], 0);
}

function bytes(count) {
  return count < 1000 ? `${count} B` : `${(count / 1000).toFixed(1)} kB`;
}
