// The tables of codes on the pages of errors, in both languages, from the package itself.
import { codeText, ErrorCodes, isRetryable } from '../dist/esm/codes.js';
import { codeTexts } from '../dist/esm/wire/codes.js';

const names = Object.fromEntries(Object.entries(ErrorCodes).map(([name, code]) => [code, name]));

export default {
  load: () =>
    Object.entries(codeTexts).map(([table, texts]) => ({
      table,
      rows: Object.keys(texts)
        .map(Number)
        .sort((one, other) => one - other)
        .map((code) => ({
          code,
          name: names[code] ?? '',
          en: codeText(table, code, 'en'),
          zh: codeText(table, code, 'zh'),
          retried: isRetryable(table.replace(/^(get|set)ProfilePortrait$/, 'portrait_$1'), code),
        })),
    })),
};
