import { byId, h } from './dom.js';
import { t } from './i18n.js';
import { profileView } from './profile-view.js';
import { recall, remember } from './session.js';

const mostKept = 100;

const markedMs = 6_000;

/** The other demo users and the people the viewer looked up. Only their names are kept here: their profiles are in the client's cache. */
export function createPeople(client, viewer, users) {
  const name = `people.${viewer}`;
  let accounts = [...new Set([...(recall(name) ?? []), ...users])].filter((account) => account !== viewer);
  let unwatch;
  /** The people another user or tab has just changed, each with the timer that ends the mark. */
  const changed = new Map();

  const view = ([account, profile]) => {
    const mark = changed.has(account) ? h('span', { class: 'mark' }, t('justChanged')) : undefined;
    return h('li', { 'data-account': account, class: mark && 'changed' }, profileView(account, profile), mark);
  };
  const render = () => {
    const shown = accounts.map((account) => [account, client.peek(account)]).filter(([, profile]) => profile);
    byId('people').replaceChildren(...shown.map(view));
    byId('people-empty').hidden = shown.length > 0;
    byId('refresh').hidden = shown.length === 0;
  };

  // The people shown are asked for again when the page is visible or online again.
  const watch = () => {
    unwatch?.();
    unwatch = client.watch([viewer, ...accounts]);
  };

  return {
    render,
    /** Marks a person for a moment. */
    mark(account) {
      clearTimeout(changed.get(account));
      const end = () => {
        changed.delete(account);
        render();
      };
      changed.set(account, setTimeout(end, markedMs));
    },
    close() {
      for (const timer of changed.values()) clearTimeout(timer);
    },
    add(found) {
      accounts = [...new Set([...found.filter((account) => account !== viewer), ...accounts])].slice(0, mostKept);
      remember(name, accounts);
      render();
      watch();
    },
    /** Asks the server for all people shown and the viewer, in one request. Its reply has data for changed profiles only. */
    async refresh() {
      await client.getProfiles([viewer, ...accounts], { staleTime: 0 });
      watch();
    },
  };
}
