import { codeText, isRetryable } from '/dist/esm/codes.js';
import { codeTexts } from '/dist/esm/wire/codes.js';
import { currentLanguage } from './i18n.js';

/**
 * The meanings of the codes of a reply: first of the reply itself, then of single accounts, each code once. `said` is the text of
 * the documents or of the server. `gloss` is the text in the page's language, if that is another one.
 */
export function meaningsOf(command, webForm, reply) {
  const table = tableOf(command, webForm);
  const items = Array.isArray(reply?.UserProfileItem) ? reply.UserProfileItem : [];
  const itemCodes = new Set(items.map((item) => item?.ResultCode).filter((code) => code !== 0 && code !== reply.ErrorCode));
  return [
    ...(reply?.ErrorCode === 0 ? [] : [meaningOf(table, reply?.ErrorCode, isRetryable(command, reply?.ErrorCode))]),
    ...[...itemCodes].map((code) => ({
      ...meaningOf('item', code, false),
      accounts: items.filter((item) => item?.ResultCode === code).map((item) => item.To_Account),
    })),
  ];
}

/** The table in which a code is looked up. The documents have none for the imports, which answer with codes of portrait_set. */
export function tableOf(command, webForm) {
  if (command === 'portrait_get') return webForm ? 'getProfilePortrait' : 'portrait_get';
  return 'portrait_set';
}

function meaningOf(table, code, retryable) {
  const said = [table, 'item', 'common', 'local'].map((name) => codeTexts[name][code]).find((text) => text !== undefined);
  const text = codeText(table, code, currentLanguage());
  return { code, said, gloss: text === said ? undefined : text, retryable };
}
