// Asking the server. The way of one account name: revalidate.ts (is the cache good enough?) → fetch.ts (batch, question, reply) with
// sequences.ts (which numbers go, what a reply means) → transport.ts (one HTTP exchange). set.ts sends the viewer's own sets.

export { toClassicReply } from './classic-reply.js';
export type { Failures } from './failures.js';
export { createFailures } from './failures.js';
export type { Answer, Fetch } from './fetch.js';
export { createFetch } from './fetch.js';
export { createRevalidate } from './revalidate.js';
export { createSequences } from './sequences.js';
export type { SetProfile } from './set.js';
export { createSet } from './set.js';
export { createTransport, runCall } from './transport.js';
export { createWatch } from './watch.js';
