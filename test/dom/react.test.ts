// The hooks in happy-dom: what a Suspense and an error boundary show, and a row whose account changes. test/e2e/bindings.test.ts has the rest.
import type { ReactNode } from 'react';
import { act, Component, createElement, StrictMode, Suspense } from 'react';
import type { Root } from 'react-dom/client';
import { createRoot } from 'react-dom/client';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ProfileProvider, useProfile } from '../../src/bindings/react.js';
import { useProfileSuspense } from '../../src/bindings/react-suspense.js';
import type { ProfileClient } from '../../src/index.js';
import { createMemoryClient } from '../../src/index.js';
import { createMemoryStore, createProfileServer, signUserSig } from '../../src/server.js';

const app = { sdkAppID: 1400000000, secretKey: 'dom-tests' };
const nick = 'Tag_Profile_IM_Nick';
let client: ProfileClient;
let root: Root;
let asked: number;
Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });

beforeEach(async () => {
  const store = createMemoryStore();
  await store.create(app.sdkAppID, ['u1', 'u2']);
  await store.write(app.sdkAppID, 'u1', { [nick]: 'one' });
  await store.write(app.sdkAppID, 'u2', { [nick]: 'two' });
  const server = createProfileServer({ ...app, store });
  asked = 0;
  const fetch = async (url: string, init: RequestInit) => {
    asked++;
    return server.fetch(new Request(new URL(url, 'http://in.page'), { method: 'POST', body: String(init.body) }));
  };
  client = createMemoryClient({ ...app, identifier: 'u1', userSig: await signUserSig({ ...app, identifier: 'u1' }), fetch, tags: [nick] });
  root = createRoot(document.body);
});
afterEach(() => {
  act(() => root.unmount());
  client.close();
});

class Boundary extends Component<{ readonly children?: ReactNode }, { readonly code?: number }> {
  override state: { readonly code?: number } = {};
  static getDerivedStateFromError = ({ code }: { readonly code: number }) => ({ code });
  override render() {
    return this.state.code ?? this.props.children;
  }
}

const Name = ({ account }: { readonly account: string }) => useProfile(account).profile?.nick ?? 'nobody yet';
const SuspendedName = ({ account }: { readonly account: string }) => useProfileSuspense(account).profile.nick;
const show = (what: ReactNode) =>
  act(async () => root.render(createElement(StrictMode, null, createElement(ProfileProvider, { client }, what))));
const suspended = (account: string) =>
  createElement(Boundary, null, createElement(Suspense, { fallback: 'waiting' }, createElement(SuspendedName, { account })));

test('a row shows another account when its account changes', async () => {
  await show(createElement(Name, { account: 'u1' }));
  await expect.poll(() => document.body.textContent).toBe('one');
  await show(createElement(Name, { account: 'u2' }));
  await expect.poll(() => document.body.textContent).toBe('two');
});

test('a suspended component waits for its profile', async () => {
  await show(suspended('u2'));
  await act(() => client.getProfile('u2'));
  expect(document.body.textContent).toBe('two');
  expect(asked).toBe(1);
});

test('an account that does not exist reaches the error boundary, and is asked for once', async () => {
  const error = console.error;
  console.error = () => undefined;
  await show(suspended('nobody'));
  await act(() => new Promise((resolve) => setTimeout(resolve, 50)));
  console.error = error;
  expect(document.body.textContent).toBe('10001');
  expect(asked).toBe(1);
});

test('without a provider a hook says what is missing', () => {
  const error = console.error;
  console.error = () => undefined;
  expect(() => act(() => root.render(createElement(Name, { account: 'u1' })))).toThrow(
    'expected a ProfileProvider with a client above this component',
  );
  console.error = error;
});
