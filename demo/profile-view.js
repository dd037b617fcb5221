import { h } from './dom.js';
import { hasText, t } from './i18n.js';

/** A profile as a row: avatar, nick, and gender and permission in words. */
export function profileView(account, profile, { heading = 'strong' } = {}) {
  const { nick, gender, allowType, selfSignature } = profile ?? {};
  const known = (value) => value && hasText(value);
  const words = [known(gender) && t(gender), known(allowType) && t('friendRequests', { who: t(allowType) })]
    .filter(Boolean)
    .map((text) => h('span', { class: 'tag' }, text));
  return h(
    'div',
    { class: 'profile' },
    avatar(account, profile),
    h(
      'div',
      { class: 'profile-text' },
      h(
        'div',
        { class: 'name-row' },
        h(heading, { class: nick ? 'name' : 'name unset' }, nick || t('noNick')),
        h('span', { class: 'account' }, account),
      ),
      selfSignature ? h('p', { class: 'signature' }, selfSignature) : undefined,
      words.length > 0 ? h('p', { class: 'tags' }, words) : undefined,
    ),
  );
}

/** An account that failed, with the reason. */
export function failedView(account, error) {
  return h(
    'div',
    { class: 'profile failed' },
    h('span', { class: 'avatar letter', 'aria-hidden': 'true' }, '?'),
    h('div', { class: 'profile-text' }, h('strong', { class: 'name' }, account), h('p', { class: 'reason' }, errorText(error))),
  );
}

/** The error in the page's language, if its code is known. */
export function errorText(error) {
  const name = `code${error.code}`;
  return hasText(name) ? t(name) : t('failed', { code: error.code, info: error.ErrorInfo });
}

/** The picture, or the first letter of the name when there is no picture or it does not load. */
export function avatar(account, { nick, image } = {}) {
  const letter = () => h('span', { class: 'avatar letter', 'aria-hidden': 'true' }, [...(nick?.trim() || account)][0] ?? '');
  if (!/^(https?:\/)?\//.test(image ?? '')) return letter();
  const picture = h('img', { class: 'avatar', alt: '', src: image, error: () => picture.replaceWith(letter()) });
  return picture;
}
