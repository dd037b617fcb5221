import { byId, h } from './dom.js';
import { t } from './i18n.js';
import { avatar } from './profile-view.js';

/** Shows the cards of the demo users; `choose` gets the one that was picked. While they are asked for, `users` is undefined; null says that nothing came. */
export function showSignIn(users, choose) {
  const card = ({ identifier, nick, image }) => {
    const text = h(
      'span',
      { class: 'user-text' },
      h('span', { class: 'name' }, nick || t('noNick')),
      h('span', { class: 'account' }, identifier),
    );
    return h(
      'li',
      {},
      h(
        'button',
        { type: 'button', class: 'user', 'data-user': identifier, click: () => choose(identifier) },
        avatar(identifier, { nick, image }),
        text,
      ),
    );
  };
  byId('users').replaceChildren(...(users ? users.map(card) : [h('li', { class: 'hint' }, t(users === null ? 'noUsers' : 'askingUsers'))]));
}
