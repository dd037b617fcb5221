// The SDK's door. Reading on: client/client.ts tells the story of a call, wire/types.ts has the words.

export type { CbErr, CbOk } from './client/callbacks.js';
export { settle } from './client/callbacks.js';
export { createProfileClient } from './client/client.js';
export { createPortraitClient } from './client/core.js';
export type { CallOptions, ProfileClientOptions, ProfileOptions } from './client/options.js';
export type { CacheRecord, Records, Stamp } from './client/records.js';
export type { CacheStore, Kept, Unsent } from './client/store.js';
export type { TabChannel } from './client/tabs.js';
export type {
  ChangeEvent,
  ClientEvents,
  FailedEvent,
  PendingEvent,
  PortraitClient,
  PortraitGetOptions,
  PortraitSetOptions,
  ProfileClient,
  ProfileResult,
  ProfileStatus,
} from './client/types.js';
export { utf8Bytes } from './wire/bytes.js';
export type { CodeTable } from './wire/codes.js';
export { codeText } from './wire/codes.js';
export type { TransportReason } from './wire/errors.js';
export { ApiError, ProfileError, TransportError, ValidationError } from './wire/errors.js';
export type { CustomFields, Profile, ProfileFields, ProfileUpdate } from './wire/profile.js';
export type { AdminForbidType, AllowType, CustomTag, Gender, StandardTag, Tag, TagValue } from './wire/tags.js';
export { standardTags } from './wire/tags.js';
export type { PortraitGetReply, PortraitSetReply, ProfileItem, Reply, UserProfileItem } from './wire/types.js';
export type { UserSig } from './wire/usersig-source.js';
export type { Issue } from './wire/validate.js';
