// webim-profile/webim: what pages of the vendor's Web SDK call (docs/protocol.md §8), over one client for the user who is logged in.
// It has a state of its own: such pages have one user, and expect one global.

export { getProfilePortrait, peek, ready, setProfilePortrait } from './webim/calls.js';
export { install } from './webim/install.js';
export type { LoginInfo, LoginOptions, LoginReply } from './webim/login.js';
export { login, logout } from './webim/login.js';
export type { ConnNotify, LoginListeners, NotifiedItem, ProfileNotify } from './webim/notify.js';
export type { ClassicEvents, LogoutEvent } from './webim/session.js';
export { off, on } from './webim/session.js';
export { Tool } from './webim/tool.js';
