import { bytes } from './bytes.js';
import { t } from './i18n.js';

const mostNamed = 3;

/** A request in one sentence: who was asked for, with which version, and what came of it. */
export function requestWords(entry) {
  return t('requestWords', { asked: entry.command === 'portrait_set' ? setWords(entry) : askedWords(entry), result: resultWords(entry) });
}

function setWords({ tags }) {
  return t('askedSet', { names: tags.map((tag) => t(tag)).join(t('listComma')) });
}

function askedWords({ accounts, versions }) {
  const who = accounts.length > mostNamed ? t('people_n', { count: accounts.length }) : accounts.join(t('listComma'));
  const known = versions.filter((version) => version > 0);
  if (known.length === 0) return t('askedFirst', { who });
  const [low, high] = [Math.min(...known), Math.max(...known)];
  return t(low === high ? 'askedVersion' : 'askedVersions', { who, version: low, high });
}

function resultWords({ command, answered, code, current, fetched, saved, counts }) {
  if (!answered) return t('noAnswer');
  if (code) return t('resultCode', { code });
  if (command === 'portrait_set') return t('resultSet', { version: current });
  const { changed, unchanged, failed } = counts;
  const parts = [
    changed > 0 && t('resultNew', { count: changed, fetched: bytes(fetched) }),
    unchanged > 0 && t(changed + failed > 0 ? 'resultSomeUnchanged' : 'resultUnchanged', { count: unchanged }),
    unchanged > 0 && t('resultSaved', { saved: bytes(saved) }),
    failed > 0 && t('resultFailed', { count: failed }),
  ];
  return parts.filter(Boolean).join(t('clauseComma'));
}
