// The debugging page: a call, an example, a caller, JSON that is checked while it is typed, and the reply of the server.
import { commandPaths } from '/dist/esm/wire/commands.js';
import { createEditor } from './api-editor.js';
import { examplesOf, exampleText } from './api-examples.js';
import { findProblems } from './api-problems.js';
import { showReply } from './api-reply.js';
import { send, shownUrl } from './api-send.js';
import { apiTexts, phraseInChinese } from './api-texts.js';
import { byId, h } from './dom.js';
import { addTexts, currentLanguage, fillTexts, t, toggleLanguage, withLanguage } from './i18n.js';
import { askConfig, recall } from './session.js';

// A watch is held open: it is no call by hand.
const calls = Object.keys(commandPaths).filter((name) => name !== 'portrait_watch');

addTexts(apiTexts);

const longestFound = 40;

const call = byId('call');
const example = byId('example');
const caller = byId('caller');
const editor = createEditor({ textarea: byId('body'), marks: byId('marks'), changed: renderProblems });

/** What was typed for each call, kept until the user returns to the call. */
const drafts = new Map();
let config = recall('config') ?? { sdkAppID: 0, endpoint: '', users: [] };
let command;
let busy = false;
let sent;
let came;

withLanguage(fillTexts);
byId('language').addEventListener('click', toggleLanguage);
call.addEventListener('change', () => void choose(call.value));
example.addEventListener('change', () => void startOver());
byId('restore').addEventListener('click', () => void startOver());
caller.addEventListener('change', renderUrl);
byId('format').addEventListener('click', format);
byId('request').addEventListener('submit', (event) => {
  event.preventDefault();
  void sendRequest();
});
byId('body').addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  byId('request').requestSubmit();
});
// The documents link to this page with the call in the hash: #v4/profile/portrait_set.
window.addEventListener('hashchange', () => void choose(calledBy(location.hash)));
withLanguage(render);
void choose(calledBy(location.hash));
askConfig().then((answer) => {
  if (answer) config = answer;
  render();
});

function calledBy(hash) {
  return calls.find((name) => `#${commandPaths[name]}` === hash) ?? 'portrait_get';
}

async function choose(wanted) {
  if (wanted === command) return;
  // The editor is empty while an example is loading, and that is no draft.
  if (editor.text) drafts.set(command, { text: editor.text, example: example.value });
  else drafts.delete(command);
  command = wanted;
  history.replaceState(null, '', `#${commandPaths[command]}`);
  const draft = drafts.get(command);
  // The text in the editor belongs to the previous call.
  editor.text = draft?.text ?? '';
  render();
  if (!draft) return startOver();
  example.value = draft.example;
}

async function startOver() {
  const [wanted, name, before] = [command, example.value, editor.text];
  const text = await exampleText(wanted, name);
  // Something else was chosen or typed meanwhile: keep that.
  if (command === wanted && example.value === name && editor.text === before) editor.text = text;
}

function format() {
  try {
    editor.text = JSON.stringify(JSON.parse(editor.text), undefined, 4);
  } catch {
    renderProblems();
    byId('problems').querySelector('button')?.click();
  }
}

async function sendRequest() {
  if (busy || !caller.value) return;
  busy = true;
  renderSend();
  const body = editor.text;
  const now = { command, webForm: hasFromAccount(body) };
  const answer = await send(config, { command, identifier: caller.value, body });
  [sent, came, busy] = [now, answer, false];
  renderSend();
  showReply(sent, came);
  // On a phone the reply is below the request: scroll to it.
  const { top, bottom } = byId('summary').getBoundingClientRect();
  if (top < 0 || bottom > window.innerHeight) byId('summary').scrollIntoView();
}

/** Requests in the form of the Web SDK have codes of their own. */
function hasFromAccount(body) {
  try {
    return JSON.parse(body)?.From_Account !== undefined;
  } catch {
    return false;
  }
}

/** Renders everything again except the body, which the user edits. */
function render() {
  if (!command) return;
  byId('language').textContent = t('otherLanguage');
  document.title = `webim-profile · ${t('apiTitle')}`;
  byId('offline').textContent = config.users.length > 0 ? '' : t('noUsers');
  fillSelect(call, calls, (name) => `${t(`call_${name}`)} · ${commandPaths[name]}`);
  call.value = command;
  fillSelect(example, examplesOf(command), (name) => t(`example_${name}`));
  fillSelect(caller, callersOf(config), (name) => callerText(name));
  byId('caller-hint').textContent = t(config.admin ? 'callerHint' : 'callerHintRemote');
  renderUrl();
  renderProblems();
  showReply(sent, came);
}

function callersOf({ admin, users }) {
  return [...(admin ? [admin] : []), ...users.map((user) => user.identifier)];
}

function callerText(identifier) {
  if (identifier === config.admin) return t('callerAdmin', { identifier });
  return `${identifier} · ${config.users.find((user) => user.identifier === identifier)?.nick || t('noNick')}`;
}

/** Fills a select again; the choice stays if it still exists. */
function fillSelect(select, values, textOf) {
  const { value } = select;
  select.replaceChildren(...values.map((name) => h('option', { value: name }, textOf(name))));
  if (values.includes(value)) select.value = value;
}

function renderUrl() {
  byId('url').textContent = `POST ${shownUrl(config, { command, identifier: caller.value, random: '…' })}`;
}

function renderProblems() {
  const problems = findProblems(command, editor.text);
  editor.mark(problems);
  const [first] = problems;
  byId('problems-summary').textContent = !first ? t('noProblems') : first.syntax ? t('notJson') : t('problems', { count: problems.length });
  byId('problems').replaceChildren(...problems.map(problemView));
  renderSend();
}

function problemView(problem) {
  const { line, column, issue, syntax, found } = problem;
  const said = currentLanguage() === 'zh' ? phraseInChinese : (words) => words;
  const text = syntax
    ? t('expected', { expected: t(`json_${syntax}`), received: foundText(found) })
    : t('expected', { expected: said(issue.expected), received: said(issue.received) });
  return h(
    'li',
    { class: 'problem' },
    h('button', { type: 'button', click: () => editor.reveal(problem) }, t('place', { line, column })),
    issue ? h('code', {}, said(issue.at)) : undefined,
    h('span', {}, text),
  );
}

function foundText(found) {
  if (found === '') return t('foundEnd');
  const shown = found.length > longestFound ? `${found.slice(0, longestFound)}…` : found;
  // A line break or a tab would be invisible.
  return /[\p{C}\s]/u.test(shown) ? JSON.stringify(shown) : shown;
}

function renderSend() {
  const button = byId('send');
  button.disabled = busy;
  button.textContent = t(busy ? 'sending' : byId('body').getAttribute('aria-invalid') === 'true' ? 'sendAnyway' : 'send');
}
