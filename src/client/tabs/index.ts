// The other tabs of the same app and viewer. channel.ts carries messages, tabs.ts subscribes them to the cache, lock.ts makes one tab
// the leader that sends the outbox.

export type { TabChannel } from './channel.js';
export type { Locks } from './lock.js';
export { asLeader } from './lock.js';
export type { Tabs } from './tabs.js';
export { connectTabs } from './tabs.js';
