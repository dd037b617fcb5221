import { byId, h } from './dom.js';
import { hasText, t, withLanguage } from './i18n.js';

const mostShown = 10;

/** The log of change events, newest first. What one reply or the disk brings at once is one line. */
export function createEventLog() {
  let entries = [];
  const render = () => {
    byId('events-empty').hidden = entries.length > 0;
    byId('events').replaceChildren(...entries.map(entryView));
  };
  withLanguage(render);
  return {
    add(event) {
      const [last, ...older] = entries;
      const together = last && areTogether(last, event);
      const entry = { ...event, at: new Date(), accounts: [...(together ? last.accounts : []), event.account] };
      entries = [entry, ...(together ? older : entries)].slice(0, mostShown);
      render();
    },
    clear() {
      entries = [];
      render();
    },
  };
}

function areTogether(last, { source, profile, tags }) {
  const isSame = last.source === source && Boolean(last.profile) === Boolean(profile) && String(last.tags) === String(tags);
  return isSame && (source === 'reply' || source === 'cache') && Date.now() - last.at < 500;
}

function entryView({ at, accounts, profile, tags, sequence, source }) {
  const names = tags.map((tag) => h('span', {}, hasText(tag) ? t(tag) : tag));
  const what = !profile ? t('eventGone') : names.length > 0 ? names : t('eventVersionOnly');
  return h(
    'li',
    { class: 'event', 'data-source': source },
    h('time', { datetime: at.toISOString() }, at.toLocaleTimeString([], { hour12: false })),
    h('strong', {}, accounts.length > 1 ? t('people_n', { count: accounts.length }) : accounts[0]),
    h('span', { class: 'tag' }, t(`source_${source}`)),
    sequence === undefined || accounts.length > 1 ? undefined : h('span', { class: 'account' }, t('eventNumber', { number: sequence })),
    h('span', { class: 'what' }, what),
  );
}
