// The few accounts and tags of a small world: the smaller it is, the more often things meet.
import type { Profile } from '../../../src/index.js';
import type { Tag } from '../../../src/wire/tags.js';

export type { TagValues } from '../../../src/wire/profile.js';
export type { Tag } from '../../../src/wire/tags.js';

export const nick = 'Tag_Profile_IM_Nick';
export const level = 'Tag_Profile_IM_Level';
export const allow = 'Tag_Profile_IM_AllowType';
export const mood = 'Tag_Profile_Custom_Mood';
export const allTags: readonly Tag[] = [nick, level, allow, mood];
/** The tags a client asks for when a call names none. */
export const ownTags: readonly Tag[] = [nick, level];

/** The last one does not exist at first. */
export const accounts: readonly string[] = ['me', 'you', 'ann', 'bob', 'new'];
export const latecomer = 'new';

/** What the server refuses to store. */
export const rudeWord = 'rude';

/** A profile's value of a tag, as the server would say it. */
export function fieldOf(profile: Profile | undefined, tag: Tag): string | number | undefined {
  if (!profile) return undefined;
  return { [nick]: profile.nick, [level]: profile.level, [allow]: profile.allowType, [mood]: profile.custom[mood] }[tag as string];
}
