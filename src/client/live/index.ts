// Live changes: the server tells what changes. event-stream.ts reads events, connection.ts is one stream or held call, leader.ts says
// which tab has it, live.ts keeps it open for what is followed.

export type { Live, LiveConnection, LiveParts, LiveStatus } from './live.js';
export { live } from './live.js';
