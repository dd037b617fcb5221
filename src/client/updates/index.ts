// The viewer's own updates. outbox.ts has their states, sender.ts sends them, retry-timer.ts comes back to those that wait.

export type { Updates } from './updates.js';
export { createUpdates } from './updates.js';
