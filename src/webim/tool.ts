import { utf8Bytes } from '../index.js';

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  ' ': '&nbsp;',
  '\n': '<br/>',
};

/** The helpers of the classic SDK that profile pages use. */
export const Tool: {
  /** Without the blanks at both ends, U+00A0 and U+3000 included; `''` for anything falsy. */
  trimStr(text: unknown): string;
  /** Text as HTML that shows it; anything falsy as it is. */
  formatText2Html(text: unknown): unknown;
  /** The text that formatText2Html made HTML of; anything falsy as it is. */
  formatHtml2Text(html: unknown): unknown;
  /** Text that is safe inside an element or a quoted attribute. */
  xssFilter(text: unknown): string;
  /** Length in bytes of UTF-8; an emoji is four. */
  getStrBytes(text: unknown): number;
} = {
  trimStr: (text) => String(text || '').trim(),
  formatText2Html: (text) => text && String(text).replace(/[&<>"' \n]/g, (char) => escapes[char] as string),
  formatHtml2Text: (html) =>
    html && String(html).replace(/&\w+;|&#39;|<br\/>/g, (found) => Object.keys(escapes).find((char) => escapes[char] === found) ?? found),
  xssFilter: (text) => String(text || '').replace(/[&<>"']/g, (char) => escapes[char] as string),
  getStrBytes: (text) => utf8Bytes(String(text || '')),
};
