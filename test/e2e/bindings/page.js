// What the pages of all frameworks share: a client, 200 accounts, and a count of how often each row was rendered.
import { createProfileClient, live } from 'webim-profile';

export const accounts = Array.from({ length: 200 }, (_, index) => `u${index}`);
export const client = createProfileClient({ ...window.settings, tags: ['Tag_Profile_IM_Nick'], live });

window.client = client;
window.renders = {};
window.problems = [];
addEventListener('error', ({ message }) => window.problems.push(message));

export function count(account) {
  window.renders[account] = (window.renders[account] ?? 0) + 1;
}

/** Shows the page, and lets the test end it. */
export function start(show, end) {
  window.end = end;
  show();
}
