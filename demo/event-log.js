import { byId, h } from './dom.js';
import { t, withLanguage } from './i18n.js';

const mostShown = 10;

/** The log of change events, newest first. */
export function createEventLog() {
  let entries = [];
  const render = () => {
    byId('events-empty').hidden = entries.length > 0;
    byId('events').replaceChildren(...entries.map(entryView));
  };
  withLanguage(render);
  return {
    add(event) {
      entries = [{ ...event, at: new Date() }, ...entries].slice(0, mostShown);
      render();
    },
    clear() {
      entries = [];
      render();
    },
  };
}

function entryView({ at, account, profile, tags, sequence, source }) {
  const names = tags.map((tag) => h('code', {}, tag.replace('Tag_Profile_IM_', '')));
  const what = !profile ? t('eventGone') : names.length > 0 ? names : t('eventVersionOnly');
  return h(
    'li',
    { class: 'event', 'data-source': source },
    h('time', { datetime: at.toISOString() }, at.toLocaleTimeString([], { hour12: false })),
    h('strong', {}, account),
    h('span', { class: 'tag' }, t(`source_${source}`)),
    sequence === undefined ? undefined : h('span', { class: 'account' }, t('eventNumber', { number: sequence })),
    h('span', { class: 'what' }, what),
  );
}
