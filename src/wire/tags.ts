/** What a tag's value may be: text of at most so many bytes, one of a few words, or an unsigned 32-bit number. */
export type TagRule = number | readonly string[] | 'uint32';

/** Every standard tag, with its rule (docs/protocol.md §5). */
export const standardTags = {
  Tag_Profile_IM_Nick: 64,
  Tag_Profile_IM_Gender: ['Gender_Type_Male', 'Gender_Type_Female', 'Gender_Type_Unknown'],
  Tag_Profile_IM_AllowType: ['AllowType_Type_NeedConfirm', 'AllowType_Type_AllowAny', 'AllowType_Type_DenyAny'],
  Tag_Profile_IM_Image: 500,
  Tag_Profile_IM_SelfSignature: 500,
  Tag_Profile_IM_Location: 500,
  Tag_Profile_IM_BirthDay: 'uint32',
  Tag_Profile_IM_Language: 'uint32',
  Tag_Profile_IM_Level: 'uint32',
  Tag_Profile_IM_Role: 'uint32',
  Tag_Profile_IM_MsgSettings: 'uint32',
  Tag_Profile_IM_AdminForbidType: ['AdminForbid_Type_None', 'AdminForbid_Type_SendOut'],
} as const;

type StandardTags = typeof standardTags;

/** A tag of the standard profile, such as `Tag_Profile_IM_Nick`. */
export type StandardTag = keyof StandardTags;

/** A tag of the app's own: `Tag_Profile_Custom_<keyword>` or `Tag_Profile_Custom_<appid>_<keyword>`, appid 1–10 digits, keyword 1–8 letters. */
export type CustomTag = `Tag_Profile_Custom_${string}`;

export type Tag = StandardTag | CustomTag;

/** The type of a tag's value: `TagValue<'Tag_Profile_IM_Gender'>` is its three words, a custom tag's is a string. */
export type TagValue<T extends Tag = Tag> = T extends StandardTag
  ? StandardTags[T] extends readonly (infer Word)[]
    ? Word
    : StandardTags[T] extends number
      ? string
      : number
  : string;

export type Gender = TagValue<'Tag_Profile_IM_Gender'>;
export type AllowType = TagValue<'Tag_Profile_IM_AllowType'>;
export type AdminForbidType = TagValue<'Tag_Profile_IM_AdminForbidType'>;

/** The one standard tag that only administrators may write (docs/protocol.md §5); for others it is 40008. */
export const adminTag: StandardTag = 'Tag_Profile_IM_AdminForbidType';

/** What a server answers for an account that never set its AllowType (docs/protocol.md §5). */
export const defaultAllowType: AllowType = 'AllowType_Type_AllowAny';

const customPrefix = 'Tag_Profile_Custom_';
const customTag = /^Tag_Profile_Custom_(?:\d{1,10}_)?[A-Za-z]{1,8}$/;
const customMaxBytes = 500;

const rules: ReadonlyMap<string, TagRule> = /* @__PURE__ */ new Map(/* @__PURE__ */ Object.entries(standardTags));

/** The rule of a tag, or undefined where no such tag exists. */
export function tagRule(tag: string): TagRule | undefined {
  return rules.get(tag) ?? (customTag.test(tag) ? customMaxBytes : undefined);
}

/** A received value in the type of its tag, or undefined: some servers send numbers as text, or text as numbers. */
export function readValue(tag: string, value: unknown): string | number | undefined {
  const rule = tagRule(tag);
  if (rule === 'uint32') return value !== '' && Number(value) >= 0 && /string|number/.test(typeof value) ? Number(value) : undefined;
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string') return undefined;
  return typeof rule === 'object' && !rule.includes(text) ? undefined : text;
}

/** Whether a name is meant as a custom tag, well-formed or not: its errors have codes of their own. */
export function isCustomName(tag: unknown): boolean {
  return typeof tag === 'string' && tag.startsWith(customPrefix);
}
