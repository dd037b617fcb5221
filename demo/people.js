import { byId, h } from './dom.js';
import { profileView } from './profile-view.js';
import { recall, remember } from './session.js';

const mostKept = 100;

/** The people the viewer looked up. Only their names are kept here: their profiles are in the client's cache. */
export function createPeople(client, viewer) {
  const name = `people.${viewer}`;
  let accounts = recall(name) ?? [];
  let unwatch;

  const render = () => {
    const shown = accounts.map((account) => [account, client.peek(account)]).filter(([, profile]) => profile);
    byId('people').replaceChildren(
      ...shown.map(([account, profile]) => h('li', { 'data-account': account }, profileView(account, profile))),
    );
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
