// The SDK's door. docs/architecture.md tells how it works; client/client.ts puts it together.

export type { Entry, Facts, SetNumber } from './client/cache/index.js';
export type { CbErr, CbOk } from './client/callbacks.js';
export { withCallbacks } from './client/callbacks.js';
export { dehydrate } from './client/client.js';
export type { Live, LiveStatus } from './client/live/index.js';
export { live } from './client/live/index.js';
export type { CallOptions, ProfileClientOptions, ProfileOptions } from './client/options.js';
export { createPortraitClient } from './client/portrait-client.js';
export { createMemoryClient, createProfileClient } from './client/profile-client.js';
export type { CacheStore, Committed, Stored, StoredUpdate, UpdateStore, UpdateWrite } from './client/storage/index.js';
export type { Locks, TabChannel } from './client/tabs/index.js';
export type {
  ChangeEvent,
  ClearEvent,
  ClientEvents,
  CustomOf,
  FailedEvent,
  LiveEvent,
  PendingEvent,
  PlainItem,
  PortraitClient,
  PortraitGetOptions,
  PortraitSetOptions,
  ProfileClient,
  ProfileResult,
  ProfileStatus,
} from './client/types.js';
export { utf8Bytes } from './wire/bytes.js';
export type { TransportDetails, TransportReason } from './wire/errors.js';
export { ApiError, ProfileError, TransportError, ValidationError } from './wire/errors.js';
export type { CustomFields, Profile, ProfileFields, ProfileUpdate, TagValues } from './wire/profile.js';
export { avatarUrl } from './wire/profile.js';
export type { AdminForbidType, AllowType, CustomTag, Gender, StandardTag, Tag, TagValue } from './wire/tags.js';
export { standardTags } from './wire/tags.js';
export type { PortraitGetReply, PortraitSetReply, ProfileItem, Reply, UserProfileItem } from './wire/types.js';
export type { UserSig } from './wire/usersig-source.js';
export type { Issue } from './wire/validate.js';
