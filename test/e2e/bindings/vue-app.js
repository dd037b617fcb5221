// The same page in Vue.
import { createApp, defineComponent, h } from 'vue';
import { profilePlugin, useLive, useMyProfile, useProfile } from 'webim-profile/vue';
import { accounts, client, count, start } from './page.js';

const Row = defineComponent({
  props: ['account'],
  setup(props) {
    const known = useProfile(() => props.account);
    return () => {
      count(props.account);
      const { profile, status, error } = known.value;
      return h('li', { id: props.account }, profile?.nick ?? error?.code ?? status);
    };
  },
});
const Me = defineComponent(() => {
  const { profile: known, update } = useMyProfile();
  const onClick = () => update({ nick: 'new' });
  return () => h('button', { id: 'me', type: 'button', onClick }, `${known.value.profile?.nick} ${known.value.pending.length}`);
});
const Light = defineComponent(() => {
  const live = useLive();
  return () => h('i', { id: 'light' }, live.value);
});
const None = defineComponent(() => {
  const none = useProfile(undefined);
  return () => h('u', { id: 'none' }, none.value.status);
});
const app = createApp(() => [...accounts.map((account) => h(Row, { key: account, account })), h(Me), h(Light), h(None)]);
app.use(profilePlugin(client));
start(
  () => app.mount('#app'),
  () => app.unmount(),
);
