// 200 rows, the viewer's own profile and the light, as a React page has them.
import { createElement as h, memo, StrictMode, Suspense } from 'react';
import { ProfileProvider, useLive, useMyProfile, useProfile, useProfiles } from 'webim-profile/react';
import { useProfileSuspense } from 'webim-profile/react/suspense';

const Row = memo(({ account, count }) => {
  const { profile, status, error } = useProfile(account);
  count(account);
  return h('li', { id: account }, profile?.nick ?? error?.code ?? status);
});
const Me = () => {
  const { profile, pending, update } = useMyProfile();
  return h('button', { id: 'me', type: 'button', onClick: () => update({ nick: 'new' }) }, `${profile?.nick} ${pending.length}`);
};
const Light = () => h('i', { id: 'light' }, useLive());
const None = () => h('u', { id: 'none' }, useProfile(undefined).status);
const Late = () => h('b', { id: 'late' }, useProfileSuspense('late').profile.nick);
const Title = ({ accounts }) => {
  const names = useProfiles(accounts).map(({ profile }) => profile?.nick);
  return h('h1', null, names.join(' and '));
};

export const App = ({ client, accounts, count }) =>
  h(
    StrictMode,
    null,
    h(
      ProfileProvider,
      { client },
      h(Title, { accounts: accounts.slice(0, 2) }),
      accounts.map((account) => h(Row, { key: account, account, count })),
      h(Me),
      h(Light),
      h(None),
      h(Suspense, { fallback: h('b', { id: 'late' }, 'waiting') }, h(Late)),
    ),
  );
