import { meaningsOf } from './api-codes.js';
import { byId, h } from './dom.js';
import { t } from './i18n.js';

/** Shows the reply to a request. */
export function showReply(sent, came) {
  byId('reply').hidden = !came;
  byId('reply-empty').hidden = Boolean(came);
  if (!came) return;
  const reply = came.failed ? undefined : readReply(came.text);
  const good = reply?.ErrorCode === 0;
  const summary = byId('summary');
  summary.textContent = summaryOf(sent, came, reply);
  summary.className = good ? 'good' : 'bad';
  byId('sent-url').textContent = `POST ${came.url}`;
  byId('figures').replaceChildren(...figuresOf(came, reply));
  byId('meanings').replaceChildren(...(reply ? meaningsOf(sent.command, sent.webForm, reply).map(meaningView) : []));
  byId('reply-body').textContent = came.failed ? t('emptyBody') : prettyJson(came.text) || t('emptyBody');
}

function summaryOf({ command }, { failed }, reply) {
  if (failed) return t(`failed_${failed}`);
  if (!reply) return t('answeredOther', { command });
  return reply.ErrorCode === 0 ? t('answeredOk', { command }) : t('answeredCode', { command, code: reply.ErrorCode });
}

function figuresOf({ failed, status, ms, bytes }, reply) {
  if (failed) return [];
  const figures = [
    [t('figureStatus'), status],
    ['ActionStatus', reply?.ActionStatus],
    ['ErrorCode', reply?.ErrorCode],
    [t('figureTime'), t('ms', { ms: Math.max(1, Math.round(ms)) })],
    [t('figureBytes'), bytes.toLocaleString('en-US')],
  ];
  return figures
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, String(value))));
}

function meaningView({ code, said, gloss, accounts, retryable }) {
  const lines = [
    accounts && t('meaningAccounts', { accounts: accounts.join(', ') }),
    gloss,
    said === undefined && gloss === undefined ? t('meaningUnknown') : undefined,
    retryable ? t('retryable') : undefined,
  ].filter((line) => line !== undefined);
  return h(
    'div',
    { class: 'meaning', 'data-code': code },
    h('h3', {}, t('meaningTitle', { code })),
    // Tells screen readers the language of the documents' text.
    said === undefined ? undefined : h('p', { class: 'said', lang: /[\u4e00-\u9fff]/.test(said) ? 'zh-CN' : 'en' }, said),
    lines.map((line) => h('p', {}, line)),
  );
}

function readReply(text) {
  try {
    const reply = JSON.parse(text);
    return typeof reply?.ErrorCode === 'number' ? reply : undefined;
  } catch {
    return undefined;
  }
}

function prettyJson(text) {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 4);
  } catch {
    return text;
  }
}
