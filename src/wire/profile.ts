import type { CustomTag, StandardTag, Tag, TagValue } from './tags.js';
import { isCustomName, readValue, standardTags } from './tags.js';
import type { ProfileItem } from './types.js';
import type { Issue } from './validate.js';
import { expect, isObject } from './validate.js';

type FieldOf<T extends StandardTag> = T extends `Tag_Profile_IM_${infer Name}` ? Uncapitalize<Name> : never;

/** The standard fields of a profile under an app's own names: `nick` for `Tag_Profile_IM_Nick`, and so on. */
export type ProfileFields = { readonly [T in StandardTag as FieldOf<T>]?: TagValue<T> };

/** The app's own fields, keyed by their whole tag. Declare yours by merging into this interface. */
export interface CustomFields {
  readonly [tag: CustomTag]: string;
}

/** A profile as the SDK hands it out: frozen, and the same object until something in it changes. */
export interface Profile<Custom = CustomFields> extends ProfileFields {
  readonly account: string;
  readonly custom: Custom;
}

/**
 * What `updateProfile` takes: a field left out (or undefined) stays as it is, `''` clears a text. Words and numbers cannot be cleared:
 * `Gender_Type_Unknown` and 0 say that there is none.
 */
export type ProfileUpdate<Custom = CustomFields> = { readonly [F in keyof ProfileFields]?: ProfileFields[F] | undefined } & {
  readonly custom?: Custom | undefined;
};

/** Values by tag, where undefined stands for "asked for, and known to be unset". */
export type TagValues = { readonly [T in Tag]?: string | number | undefined };

const prefix = 'Tag_Profile_IM_';

const fieldNames = new Map<string, string>();

/** Remembered: it runs for every field of every profile that is painted. */
function fieldName(tag: string): string {
  const known = fieldNames.get(tag);
  if (known) return known;
  const name = tag.slice(prefix.length);
  const field = name.charAt(0).toLowerCase() + name.slice(1);
  fieldNames.set(tag, field);
  return field;
}

/** The version number that each profile was made with, for `avatarUrl`. */
const sequences = /* @__PURE__ */ new WeakMap<Profile, number>();

/** Shared by all profiles without custom fields. */
const noCustom: CustomFields = /* @__PURE__ */ Object.freeze({});

/** Builds the frozen profile of `values`, at version `sequence`. */
export function toProfile(account: string, values: TagValues, sequence?: number): Profile {
  const fields: Record<string, unknown> = { account };
  let custom: Record<string, string> | undefined;
  for (const tag in values) {
    const value = values[tag as Tag];
    if (value === undefined) continue;
    if (!isCustomName(tag)) fields[fieldName(tag)] = value;
    else {
      custom ??= {};
      custom[tag] = String(value);
    }
  }
  fields['custom'] = custom ? Object.freeze(custom) : noCustom;
  const profile = Object.freeze(fields) as unknown as Profile;
  if (sequence && profile.image) sequences.set(profile, sequence);
  return profile;
}

/**
 * The avatar's URL with the profile's version number in its query (`v=7`), so that a picture that changed under the same URL is
 * loaded again. `data:` and `blob:` URLs stay as they are; `''` where the profile has no avatar.
 */
export function avatarUrl(profile: Profile | undefined): string {
  const url = profile?.image ?? '';
  const sequence = profile && sequences.get(profile);
  if (!url || !sequence || /^(data|blob):/i.test(url)) return url;
  const [before = '', ...hash] = url.split('#');
  return [`${before}${before.includes('?') ? '&' : '?'}v=${sequence}`, ...hash].join('#');
}

/** Turns an update into the items of a portrait_set; fields that do not exist become issues. The items are still to be checked. */
export function toProfileItems(update: unknown, issues: Issue[]): readonly unknown[] {
  const known = Object.keys(standardTags).map(fieldName);
  const items: unknown[] = [];
  if (!expect(issues, isObject(update), { at: 'update', code: 40603, expected: 'an object of profile fields', value: update }))
    return items;
  for (const [field, value] of Object.entries(update as ProfileUpdate)) {
    if (value === undefined) continue;
    if (field === 'custom' && isObject(value)) items.push(...Object.entries(value).map(([Tag, Value]) => ({ Tag, Value })));
    else if (expect(issues, known.includes(field), { at: field, code: 40603, expected: `one of ${known.join(', ')}, custom`, value })) {
      items.push({ Tag: prefix + field.charAt(0).toUpperCase() + field.slice(1), Value: value });
    }
  }
  return items;
}

/** Reads the values a reply gives for `tags`: what it does not mention, or gives in a type that is not the tag's, is unset. */
export function toTagValues(items: readonly ProfileItem[] | undefined, tags: readonly Tag[]): TagValues {
  const values: Record<string, string | number | undefined> = {};
  for (const tag of tags) values[tag] = undefined;
  for (const item of items ?? []) if (item?.Tag in values) values[item.Tag] = readValue(item.Tag, item.Value);
  return values;
}

/** The items of a reply, in the order of `tags`; unset tags are left out. */
export function toItems(values: TagValues, tags: readonly Tag[]): readonly ProfileItem[] {
  const items: unknown[] = [];
  for (const Tag of tags) if (values[Tag] !== undefined) items.push({ Tag, Value: values[Tag] });
  return items as ProfileItem[];
}
