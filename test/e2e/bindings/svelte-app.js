// The same page in Svelte.
import { mount, unmount } from 'svelte';
import App from './App.svelte';
import { start } from './page.js';

let app;
start(
  () => {
    app = mount(App, { target: document.getElementById('app') });
  },
  () => unmount(app),
);
