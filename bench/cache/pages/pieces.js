// Shared by the pages of the cache's figures: measures a span of time, and splits long work so that it does not block the main thread.

/** Runs `task` for each item of `list`, with a pause after every `size` items: the page's own work must not be the longest task found. */
export async function inPieces(list, task, size = 1000) {
  for (let from = 0; from < list.length; from += size) {
    for (const item of list.slice(from, from + size)) task(item);
    await turn();
  }
}

/** Collects garbage, and marks for the trace where the work begins. Returns a function that gives the ms since then. */
export async function begin() {
  await sleep(20);
  globalThis.gc?.();
  await sleep(20);
  performance.mark('bench: begin');
  const start = performance.now();
  return () => performance.now() - start;
}

export function end() {
  performance.mark('bench: end');
}

export function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** What is kept of the first `count` accounts: 'records' as the SDK's store gets them, or 'profiles' as an app sees them. */
export async function data(what, count) {
  const response = await fetch(`/data/${what}/${count}`);
  return response.json();
}

export function expectCount(what, found, count) {
  if (found !== count) throw new Error(`${what}: expected ${count}, got ${found}`);
}

function turn() {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
