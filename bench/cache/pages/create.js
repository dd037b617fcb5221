// Runs in the browser: adds a script to the loaded page, and returns how long it took, in ms.
import { sleep } from './pieces.js';

/** The whole SDK, and a client. */
export async function client({ login }) {
  const sdk = await (await fetch('/sdk.js')).text();
  const options = { ...login, endpoint: location.origin };
  return run(`${sdk};globalThis.client = sdk.createProfileClient(${JSON.stringify(options)});`);
}

export async function nothing() {
  return run('');
}

async function run(text) {
  const script = document.createElement('script');
  script.text = text;
  await sleep(100);
  const start = performance.now();
  document.body.append(script);
  return performance.now() - start;
}
