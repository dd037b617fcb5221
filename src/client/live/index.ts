// Live changes: the server tells what changes. followed.ts is what this tab wants to know, leader.ts says which tab has the stream, and
// live.ts keeps it open. connection.ts is one stream or held call, event-stream.ts reads its events, numbers.ts is what goes and comes.

export { mostFollowed } from './followed.js';
export type { LiveStatus } from './leader.js';
export type { Live, LiveConnection, LiveParts } from './live.js';
export { live } from './live.js';
