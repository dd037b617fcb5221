import type { LiveStatus, PortraitClient, Profile, Tag } from '../index.js';

/** A changed field, as the vendor's SDK tells it. */
export interface NotifiedItem {
  readonly Tag: Tag;
  readonly ValueBytes?: string;
  readonly ValueNum?: number;
}

/** What `onProfileSystemNotifys[1]` is called with: a profile changed on another device. */
export interface ProfileNotify {
  readonly Type: 1;
  readonly Profile_Account: string;
  readonly ProfileList: readonly NotifiedItem[];
}

/** What `onConnNotify` is called with. `ErrorCode` is 0 for connected, 1 for connecting again, 9999 for not connected. */
export interface ConnNotify {
  readonly ActionStatus: 'OK';
  readonly ErrorCode: 0 | 1 | 9999;
  readonly ErrorInfo: string;
}

/** The vendor's object of listeners, as far as profiles are concerned; what else it holds is ignored. */
export interface LoginListeners {
  /** Called for the user, and for the accounts that the page has asked for. */
  readonly onProfileSystemNotifys?: { readonly 1?: (notify: ProfileNotify) => void };
  readonly onConnNotify?: (notify: ConnNotify) => void;
}

const connections: Readonly<Record<LiveStatus, readonly [code: ConnNotify['ErrorCode'], info: string]>> = {
  live: [0, '已连接'],
  polling: [0, '已连接'],
  connecting: [1, '正在连接'],
  off: [9999, '未连接'],
};

/** Whether there is anything to call: only then a page needs live changes. */
export function isListening({ onProfileSystemNotifys, onConnNotify }: LoginListeners): boolean {
  return onProfileSystemNotifys !== undefined || onConnNotify !== undefined;
}

/** Calls the vendor's listeners. They end with the client. */
export function notifyListeners(client: PortraitClient, listeners: LoginListeners): void {
  client.on('change', ({ account, source, tags, profile, previous }) => {
    // Only changes of values that another device made: no first load, no logout, no change of the number alone.
    if ((source !== 'live' && source !== 'tab') || !profile || !previous || tags.length === 0) return;
    listeners.onProfileSystemNotifys?.[1]?.({ Type: 1, Profile_Account: account, ProfileList: tags.map((tag) => toItem(profile, tag)) });
  });
  client.on('live', ({ status }) => {
    const [ErrorCode, ErrorInfo] = connections[status];
    listeners.onConnNotify?.({ ActionStatus: 'OK', ErrorCode, ErrorInfo });
  });
}

function toItem(profile: Profile, Tag: Tag): NotifiedItem {
  const value = valueByTag(profile, Tag);
  return typeof value === 'number' ? { Tag, ValueNum: value } : { Tag, ValueBytes: value };
}

function valueByTag(profile: Profile, tag: Tag): string | number {
  const name = tag.replace('Tag_Profile_IM_', '');
  const fields: Readonly<Record<string, unknown>> = { ...profile.custom, ...profile };
  return (fields[name.charAt(0).toLowerCase() + name.slice(1)] ?? fields[tag] ?? '') as string | number;
}
