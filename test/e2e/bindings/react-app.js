// The page in React; test/e2e/bindings.test.ts bundles and runs it. Where a server has rendered it, it is hydrated.
import { createElement } from 'react';
import { createRoot, hydrateRoot } from 'react-dom/client';
import { accounts, client, count, start } from './page.js';
import { App } from './react-tree.js';

const root = document.getElementById('app');
const app = createElement(App, { client, accounts, count });
const onRecoverableError = (error) => window.problems.push(String(error));
if (root.hasChildNodes()) hydrateRoot(root, app, { onRecoverableError });
else {
  const created = createRoot(root);
  start(
    () => created.render(app),
    () => created.unmount(),
  );
}
