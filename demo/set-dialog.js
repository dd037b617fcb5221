import { standardTags, utf8Bytes } from '/dist/webim-profile.js';
import { byId, closable, h } from './dom.js';
import { t } from './i18n.js';
import { errorText } from './profile-view.js';

// The field of the form that shows an error about a tag.
const fieldOfTag = {
  Tag_Profile_IM_Nick: 'nick',
  Tag_Profile_IM_SelfSignature: 'signature',
  Tag_Profile_IM_Gender: 'gender',
  Tag_Profile_IM_AllowType: 'allow',
  Tag_Profile_IM_Image: 'image',
};
const tagOf = (name) => `Tag_Profile_IM_${name[0].toUpperCase()}${name.slice(1)}`;
const texts = { nick: standardTags.Tag_Profile_IM_Nick, signature: standardTags.Tag_Profile_IM_SelfSignature };
const genders = standardTags.Tag_Profile_IM_Gender;
const allowTypes = standardTags.Tag_Profile_IM_AllowType;
const images = Array.from({ length: 12 }, (_, index) => `/avatars/id${index + 1}.svg`);

/** The dialog that sets the viewer's own profile. `saved` is called when the update is sent or pending. Returns how to open it. */
export function createSetDialog({ getClient, getProfile, pendingNames, saved }) {
  const dialog = byId('set-dialog');
  const form = byId('set-form');
  const submit = form.querySelector('[type=submit]');
  /** What the form showed when it was opened: only what differs from it is sent, for another device may change the rest meanwhile. */
  let shown = {};

  const changes = () => Object.fromEntries(Object.entries(readForm(form)).filter(([name, value]) => value !== shown[name]));
  /** Says what Save would send, and what an earlier one could not send yet. */
  const renderState = () => {
    const names = Object.keys(changes()).map((name) => t(tagOf(name)));
    const parts = [
      ['willSend', names],
      ['notSentYet', pendingNames()],
    ].filter(([, list]) => list.length > 0);
    byId('set-state').textContent = parts.map(([name, list]) => t(name, { names: list.join(t('listComma')) })).join(' ');
  };

  const save = async () => {
    clearErrors();
    const update = changes();
    if (update.nick?.trim() === '') {
      complain('nick', t('nickEmpty'));
      return goToError();
    }
    if (Object.keys(update).length === 0) return dialog.close();
    submit.disabled = true;
    submit.textContent = t('saving');
    try {
      await getClient().updateProfile(update);
      dialog.close();
      saved();
    } catch (error) {
      showError(error);
    } finally {
      submit.disabled = false;
      submit.textContent = t('save');
    }
  };

  closable(dialog);
  for (const name of Object.keys(texts)) byId(`set-${name}`).addEventListener('input', () => count(name));
  form.addEventListener('input', renderState);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void save();
  });
  return {
    open() {
      clearErrors();
      fillForm(getProfile() ?? {});
      shown = readForm(form);
      for (const name of Object.keys(texts)) count(name);
      renderState();
      dialog.showModal();
      byId('set-nick').focus();
    },
  };
}

function readForm(form) {
  const data = new FormData(form);
  return {
    nick: byId('set-nick').value,
    selfSignature: byId('set-signature').value,
    gender: data.get('gender') ?? undefined,
    allowType: data.get('allow') ?? undefined,
    image: data.get('image') ?? undefined,
  };
}

function fillForm({ nick = '', selfSignature = '', gender, allowType, image }) {
  byId('set-nick').value = nick;
  byId('set-signature').value = selfSignature;
  const choice = (name, value, checked) =>
    h('label', { class: 'choice' }, h('input', { type: 'radio', name, value, checked }), h('span', {}, t(value)));
  byId('set-gender').replaceChildren(...genders.map((value) => choice('gender', value, value === gender)));
  byId('set-allow').replaceChildren(...allowTypes.map((value) => choice('allow', value, value === allowType)));
  byId('set-image').replaceChildren(
    ...images.map((value, index) => {
      const label = t('avatarOf', { number: index + 1 });
      return h(
        'label',
        { class: 'avatar-choice' },
        h('input', { type: 'radio', name: 'image', value, checked: value === image, 'aria-label': label }),
        h('img', { class: 'avatar', alt: '', src: value }),
      );
    }),
  );
}

function count(name) {
  const bytes = utf8Bytes(byId(`set-${name}`).value);
  const counter = byId(`set-${name}-count`);
  counter.textContent = t('count', { bytes, max: texts[name] });
  counter.classList.toggle('over', bytes > texts[name]);
}

function clearErrors() {
  byId('set-error').textContent = '';
  for (const name of Object.values(fieldOfTag)) complain(name, '');
}

function complain(name, message) {
  byId(`set-${name}-error`).textContent = message;
  const input = byId(`set-${name}`);
  if (!(input instanceof HTMLInputElement)) return;
  input.setAttribute('aria-invalid', String(message !== ''));
}

/** Shows the first wrong field: focuses it, with its label and its error in sight. */
function goToError() {
  const field = document.querySelector('#set-form .field:has(.error:not(:empty))');
  field?.querySelector('input:checked, input')?.focus({ preventScroll: true });
  field?.scrollIntoView({ block: 'nearest' });
}

/** A ValidationError names each wrong field; other errors are shown below all fields. */
function showError(error) {
  for (const { at, expected, received } of error.issues ?? []) {
    const name = fieldOfTag[at];
    const bytes = name in texts ? utf8Bytes(byId(`set-${name}`).value) : 0;
    complain(name, bytes > texts[name] ? t('tooLong', { max: texts[name], bytes }) : t('wrong', { expected, received }));
  }
  if (!error.issues) byId('set-error').textContent = errorText(error);
  goToError();
}
