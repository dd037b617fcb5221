import { commandPaths } from '/dist/esm/wire/commands.js';
import { utf8Bytes } from '/dist/webim-profile.js';
import { askUserSig } from './session.js';

const mask = '••••••';

/** The URL of a call for display, with its usersig masked. */
export function shownUrl(config, { command, identifier, random }) {
  return urlOf(config, { command, identifier, random, userSig: mask }).replace(encodeURIComponent(mask), mask);
}

/** Sends `body` unchanged. Resolves to the reply, with every usersig masked, or to `failed`: `signing` or `network`. */
export async function send(config, { command, identifier, body }) {
  const random = Math.floor(Math.random() * 2 ** 32);
  const url = shownUrl(config, { command, identifier, random });
  const userSig = await askUserSig(identifier).catch(() => undefined);
  if (!userSig) return { url, failed: 'signing' };
  const begun = performance.now();
  try {
    // text/plain is a CORS "simple request", which needs no preflight.
    const init = { method: 'POST', body, headers: { 'Content-Type': 'text/plain;charset=UTF-8' } };
    const response = await fetch(urlOf(config, { command, identifier, random, userSig }), init);
    const text = await response.text();
    const ms = performance.now() - begun;
    return { url, status: response.status, ms, bytes: utf8Bytes(text), text: text.replaceAll(userSig, mask) };
  } catch {
    return { url, failed: 'network' };
  }
}

function urlOf({ endpoint, sdkAppID }, { command, identifier, random, userSig }) {
  const query = `sdkappid=${sdkAppID}&identifier=${encodeURIComponent(identifier)}&usersig=${encodeURIComponent(userSig)}`;
  return `${endpoint || location.origin}/${commandPaths[command]}?${query}&random=${random}&contenttype=json`;
}
