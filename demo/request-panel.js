import { bytes } from './bytes.js';
import { byId, h } from './dom.js';
import { t, withLanguage } from './i18n.js';
import { requestChart } from './request-chart.js';
import { requestWords } from './request-words.js';

const mostShown = 8;
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
    byId('total-fetched').textContent = bytes(sum(entries, 'fetched'));
    byId('total-saved').textContent = bytes(sum(entries, 'saved'));
    byId('total-streamed').textContent = bytes(streamed.bytes);
    byId('total-polled').textContent = bytes(polled(streamed));
    byId('requests-empty').hidden = entries.length > 0;
    byId('totals').hidden = entries.length === 0;
    byId('live-totals').hidden = streamed.since === 0;
    const bars = entries.slice(-mostBars);
    byId('chart').replaceChildren(...(bars.length > 0 ? [requestChart(bars, entries.length - bars.length + 1)] : []));
    byId('requests').replaceChildren(...entries.slice(-mostShown).reverse().map(entryView));
  };
  withLanguage(render);
  return {
    add(entry) {
      entries = [...entries, { ...entry, number: entries.length + 1 }];
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

/** A request in words; its numbers, as the protocol names them, fold out. */
function entryView(entry) {
  const { number, command, accounts, versions, perAccount, current } = entry;
  const row = (name, kind, value) => [h('dt', {}, t(name)), h('dd', { 'data-field': kind }, value)];
  const sent = perAccount ? accounts.map((account, index) => chip(`${account}: ${versions[index]}`)) : String(versions?.[0]);
  return h(
    'li',
    { class: 'request', 'data-command': command },
    h('p', { class: 'request-head' }, h('span', { class: 'number' }, `#${number}`), h('code', {}, command)),
    h('p', { 'data-field': 'words' }, requestWords(entry)),
    h(
      'details',
      {},
      h('summary', {}, t('numbers')),
      h(
        'dl',
        {},
        row('accounts', 'accounts', accounts.map(chip)),
        command === 'portrait_get' ? row(perAccount ? 'userItem' : 'lastSequence', 'sent', sent) : [],
        row('currentSequence', 'received', String(current ?? t('none'))),
        row('bytes', 'bytes', bytes(entry.fetched)),
      ),
    ),
  );
}

function chip(text) {
  return h('span', { class: 'chip' }, text);
}

function sum(entries, member) {
  return entries.reduce((total, entry) => total + entry[member], 0);
}
