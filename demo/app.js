// The module page: the user who is signed in, that profile, the people looked up, and what the SDK does.
import { createProfileClient, live } from '/dist/webim-profile.js';
import { byId } from './dom.js';
import { createEventLog } from './event-log.js';
import { fillTexts, t, toggleLanguage, withLanguage } from './i18n.js';
import { createPeople } from './people.js';
import { profileView } from './profile-view.js';
import { createRequestLog } from './request-log.js';
import { createRequestPanel } from './request-panel.js';
import { createSearchDialog } from './search-dialog.js';
import { askConfig, askUserSig, recall, remember } from './session.js';
import { createSetDialog } from './set-dialog.js';
import { showSignIn } from './sign-in.js';

const tags = ['Nick', 'Gender', 'AllowType', 'Image', 'SelfSignature'].map((name) => `Tag_Profile_IM_${name}`);

let config = recall('config');
let viewer;
let client;
let people;
let answered = false;
let offline = !navigator.onLine;
/** Whether a change of the viewer waits for the network. */
let waiting = false;
// The name of the text about the last action.
let done;

withLanguage(fillTexts);
const events = createEventLog();
const panel = createRequestPanel();
const search = createSearchDialog({ getClient: () => client, found: (accounts) => people.add(accounts) });
const set = createSetDialog({
  getClient: () => client,
  getProfile: () => client.peek(viewer),
  pendingNames,
  saved() {
    waiting = pendingNames().length > 0;
    say(waiting ? undefined : 'saved');
  },
});

byId('language').addEventListener('click', toggleLanguage);
byId('sign-out').addEventListener('click', signOut);
byId('open-search').addEventListener('click', search.open);
byId('open-set').addEventListener('click', () => {
  say(undefined);
  set.open();
});
byId('refresh').addEventListener('click', () => void people.refresh());
withLanguage(render);
// The browser knows at once; a request would have to fail first.
for (const name of ['online', 'offline']) window.addEventListener(name, () => connection(navigator.onLine));

// A reload renders from the cache at once, and asks the demo server meanwhile.
const last = recall('user');
if (config && last) signIn(last);
askConfig().then((answer) => {
  config = answer;
  answered = true;
  if (!viewer && config && last) signIn(last);
  else render();
});
// Caches the page itself, so that it opens while the server is stopped.
navigator.serviceWorker?.register('/sw.js');

function signIn(identifier) {
  viewer = identifier;
  remember('user', identifier);
  const userSig = () =>
    askUserSig(identifier).catch((error) => {
      connection(false);
      throw error;
    });
  const fetch = createRequestLog({
    peek: (account) => client.peek(account),
    onEntry: panel.add,
    onStreamed: panel.addStreamed,
    onConnection: connection,
  });
  const { endpoint, sdkAppID } = config;
  client = createProfileClient({ endpoint, sdkAppID, identifier, userSig, tags, fetch, live, staleTime: 10_000 });
  people = createPeople(
    client,
    identifier,
    config.users.map((user) => user.identifier),
  );
  client.on('change', (event) => {
    events.add(event);
    if (event.source === 'live' || event.source === 'tab') people.mark(event.account);
    if (event.source === 'rollback') waiting = false;
    render();
  });
  client.on('pending', () => {
    renderPending();
    if (!waiting || pendingNames().length > 0) return;
    waiting = false;
    say('sent');
  });
  client.on('live', renderLive);
  render();
  void paint(client, people);
}

async function paint(own, ownPeople) {
  await own.ready;
  if (own !== client) return;
  waiting = pendingNames().length > 0;
  render();
  await ownPeople.refresh();
  if (own === client) render();
}

function signOut() {
  client.close();
  people.close();
  client = people = viewer = undefined;
  waiting = false;
  remember('user', undefined);
  events.clear();
  panel.clear();
  say(undefined);
  render();
  void askConfig().then((answer) => {
    config = answer;
    render();
  });
}

/** Renders everything again: it is little, and the profiles are cached. */
function render() {
  byId('language').textContent = t('otherLanguage');
  byId('sign-out').hidden = byId('home').hidden = !viewer;
  byId('sign-in').hidden = Boolean(viewer);
  renderOffline();
  renderLive();
  renderPending();
  say(done);
  if (!viewer) return showSignIn(config?.users ?? (answered ? null : undefined), signIn);
  byId('me-view').replaceChildren(profileView(viewer, client.peek(viewer), { heading: 'h1' }));
  people.render();
  search.render();
}

/** The viewer's changes that the server does not have yet. */
function renderPending() {
  const names = pendingNames();
  byId('pending').textContent = names.length > 0 ? t('pending', { names: names.join(t('listComma')) }) : '';
}

function pendingNames() {
  return client?.status(viewer)?.pending.map((tag) => t(tag)) ?? [];
}

/** How changes of others come at present: in a light, and in words. */
function renderLive() {
  byId('live').hidden = !client;
  byId('live').dataset.status = client?.live ?? 'off';
  byId('live-text').textContent = t(`live_${client?.live ?? 'off'}`);
}

function connection(online) {
  offline = !online;
  renderOffline();
}

function renderOffline() {
  byId('offline').textContent = offline ? t('offline') : '';
}

function say(name) {
  done = name;
  byId('done').textContent = done ? t(done) : '';
}
