import { byId, closable, h } from './dom.js';
import { t } from './i18n.js';
import { failedView, profileView } from './profile-view.js';

/** The search dialog. `found` gets the accounts that exist. Returns functions to open it and to render its results again. */
export function createSearchDialog({ getClient, found }) {
  const dialog = byId('search-dialog');
  const input = byId('search-ids');
  let results = [];

  const render = () => {
    const { peek } = getClient();
    const good = results.filter((result) => result.ok).length;
    byId('search-summary').textContent = results.length > 0 ? t('found', { good, all: results.length }) : '';
    byId('search-results').replaceChildren(
      ...results.map((result) => {
        const view = result.ok
          ? profileView(result.account, peek(result.account) ?? result.profile)
          : failedView(result.account, result.error);
        return h('li', { 'data-account': result.account }, view);
      }),
    );
  };
  const complain = (message) => {
    byId('search-error').textContent = message;
    input.setAttribute('aria-invalid', String(message !== ''));
    if (message) input.focus();
  };

  const search = async () => {
    const accounts = [...new Set(input.value.split(/[\s,，、]+/).filter((account) => account !== ''))];
    complain(accounts.length > 0 ? '' : t(input.value === '' ? 'searchEmpty' : 'searchBlank'));
    results = [];
    if (accounts.length > 0) {
      const client = getClient();
      const answers = await client.getProfiles(accounts);
      if (client !== getClient()) return;
      results = answers;
      found(answers.filter((result) => result.ok).map((result) => result.account));
    }
    render();
  };

  closable(dialog);
  byId('search-form').addEventListener('submit', (event) => {
    event.preventDefault();
    void search();
  });
  return {
    render,
    open() {
      complain('');
      results = [];
      input.value = '';
      render();
      dialog.showModal();
      input.focus();
    },
  };
}
