import { recall, remember } from './session.js';
import { texts } from './texts.js';

const listeners = new Set();
let language = recall('language') ?? (navigator.language.startsWith('zh') ? 'zh' : 'en');

/** Adds the texts of one page. */
export function addTexts(more) {
  for (const [name, own] of Object.entries(more)) Object.assign(texts[name], own);
}

/** The page's language: `en` or `zh`. */
export function currentLanguage() {
  return language;
}

/** The text of that name in the page's language, with {members} of `values` filled in. */
export function t(name, values = {}) {
  return texts[language][name].replace(/\{(\w+)\}/g, (_, key) => String(values[key]));
}

/** Whether there is such a text. */
export function hasText(name) {
  return Object.hasOwn(texts[language], name);
}

/** Calls `render` now, and again whenever the language changes. */
export function withLanguage(render) {
  listeners.add(render);
  render();
}

export function toggleLanguage() {
  language = language === 'en' ? 'zh' : 'en';
  remember('language', language);
  for (const render of listeners) render();
}

/** Fills in the texts of the page's own markup. */
export function fillTexts() {
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
  for (const element of document.querySelectorAll('[data-text]')) element.textContent = t(element.dataset.text);
  for (const element of document.querySelectorAll('[data-label]')) element.setAttribute('aria-label', t(element.dataset.label));
}
