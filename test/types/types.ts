// Compiled, never run: what the types accept and what they refuse. `npm test` type-checks it; an expected error that is missing is
// an error itself.
import type { Profile, ProfileClient, ProfileItem, TagValue, UserProfileItem } from '../../src/index.js';
import { createProfileClient } from '../../src/index.js';
import * as webim from '../../src/webim.js';

declare const client: ProfileClient;
declare const profile: Profile;
declare const item: UserProfileItem;

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_same: Same<A, B>): void => undefined;

// Values by tag.
same<TagValue<'Tag_Profile_IM_Nick'>, string>(true);
same<TagValue<'Tag_Profile_IM_BirthDay'>, number>(true);
same<TagValue<'Tag_Profile_IM_Gender'>, 'Gender_Type_Male' | 'Gender_Type_Female' | 'Gender_Type_Unknown'>(true);
same<TagValue<'Tag_Profile_Custom_Test'>, string>(true);
same<Profile['gender'], TagValue<'Tag_Profile_IM_Gender'> | undefined>(true);
same<Profile['level'], number | undefined>(true);

// Items of the wire.
const good: ProfileItem[] = [
  { Tag: 'Tag_Profile_IM_Nick', Value: 'n' },
  { Tag: 'Tag_Profile_IM_Gender', Value: 'Gender_Type_Male' },
  { Tag: 'Tag_Profile_IM_Level', Value: 3 },
  { Tag: 'Tag_Profile_Custom_888888_Test', Value: 'c' },
];
void client.setProfilePortrait({ ProfileItem: good });
// @ts-expect-error not one of the words
void client.setProfilePortrait({ ProfileItem: [{ Tag: 'Tag_Profile_IM_Gender', Value: 'male' }] });
// @ts-expect-error a word of another tag
void client.setProfilePortrait({ ProfileItem: [{ Tag: 'Tag_Profile_IM_Gender', Value: 'AllowType_Type_DenyAny' }] });
// @ts-expect-error a number for text
void client.setProfilePortrait({ ProfileItem: [{ Tag: 'Tag_Profile_IM_Nick', Value: 5 }] });
// @ts-expect-error text for a number
void client.setProfilePortrait({ ProfileItem: [{ Tag: 'Tag_Profile_IM_Level', Value: '5' }] });
// @ts-expect-error no Value
void client.setProfilePortrait({ ProfileItem: [{ Tag: 'Tag_Profile_IM_Nick' }] });
// @ts-expect-error no such tag
void client.setProfilePortrait({ ProfileItem: [{ Tag: 'Tag_Profile_IM_Name', Value: 'x' }] });

// The calls.
void client.getProfilePortrait({ To_Account: ['a'], TagList: ['Tag_Profile_IM_Nick', 'Tag_Profile_Custom_Test'] });
// @ts-expect-error one account is still a list
void client.getProfilePortrait({ To_Account: 'a', TagList: ['Tag_Profile_IM_Nick'] });
// @ts-expect-error no such tag
void client.getProfilePortrait({ To_Account: ['a'], TagList: ['nick'] });
// @ts-expect-error tags are needed
void client.getProfilePortrait({ To_Account: ['a'] });

same<ReturnType<ProfileClient['peek']>, Profile | undefined>(true);
const byCallback = client.getProfilePortrait({ To_Account: ['a'], TagList: ['Tag_Profile_IM_Nick'] }, (resp) => resp.UserProfileItem);
// @ts-expect-error with a callback nothing is returned
void byCallback.then;

// Updates.
void client.updateProfile({ nick: '', gender: 'Gender_Type_Unknown', birthDay: 20000101, custom: { Tag_Profile_Custom_Test: 'x' } });
// @ts-expect-error not one of the words
void client.updateProfile({ gender: 'Male' });
// @ts-expect-error no such field
void client.updateProfile({ nickname: 'x' });
// @ts-expect-error custom fields are keyed by their whole tag
void client.updateProfile({ custom: { Test: 'x' } });

// Profiles and replies are read-only.
// @ts-expect-error frozen
profile.nick = 'x';
// @ts-expect-error read-only
item.ResultCode = 1;

// Reading a reply: the tag tells the type of the value.
for (const { Tag, Value } of item.ProfileItem ?? []) {
  if (Tag === 'Tag_Profile_IM_Level') same<typeof Value, number>(true);
  if (Tag === 'Tag_Profile_IM_Gender') same<typeof Value, TagValue<'Tag_Profile_IM_Gender'>>(true);
}

client.on('change', ({ profile: now, source }) => {
  same<typeof now, Profile | undefined>(true);
  same<typeof source, 'cache' | 'update' | 'rollback' | 'reply' | 'live' | 'tab'>(true);
});
// @ts-expect-error no such event
client.on('changed', () => undefined);

// The documents' samples, unchanged: lists in variables are `string[]`, and From_Account and LastStandardSequence are sent too.
const tagList = ['Tag_Profile_IM_Nick', 'Tag_Profile_IM_Gender'];
const sample = { From_Account: 'id1', To_Account: ['id2'], LastStandardSequence: 0, TagList: tagList };
void client.getProfilePortrait(sample);
webim.getProfilePortrait(
  sample,
  (resp) => resp.UserProfileItem.length,
  (error) => error.ErrorInfo.length,
);
const profileItem = [{ Tag: 'Tag_Profile_IM_Nick', Value: 'MyNickName' }];
profileItem.push({ Tag: 'Tag_Profile_IM_Gender', Value: 'Gender_Type_Male' });
const setSample = { ProfileItem: profileItem };
webim.setProfilePortrait(
  setSample,
  (resp) => resp.ActionStatus,
  (error) => error.UserProfileItem?.length,
);
// @ts-expect-error no such tag
void webim.getProfilePortrait({ To_Account: ['a'], TagList: ['Tag_Profile_IM_Nickname'] });
// @ts-expect-error not one of the words
void webim.setProfilePortrait({ ProfileItem: [{ Tag: 'Tag_Profile_IM_Gender', Value: 'male' }] });

// An app's own tags.
const typed = createProfileClient<{ Dept: string }>({ sdkAppID: 1, identifier: 'a', userSig: 'x', tags: ['Tag_Profile_Custom_Dept'] });
void typed.getProfile('a', { tags: ['Tag_Profile_IM_Nick', 'Tag_Profile_Custom_Dept'] }).then(({ custom }) => {
  same<typeof custom.Tag_Profile_Custom_Dept, string | undefined>(true);
  // @ts-expect-error a misspelt tag
  return custom.Tag_Profile_Custom_Dpet;
});
void typed.updateProfile({ custom: { Tag_Profile_Custom_Dept: 'x' } });
// @ts-expect-error a misspelt tag
void typed.updateProfile({ custom: { Tag_Profile_Custom_Dpet: 'x' } });
// @ts-expect-error a misspelt tag
void typed.getProfile('a', { tags: ['Tag_Profile_Custom_Dpet'] });
typed.on('change', ({ profile: changed }) => changed?.custom.Tag_Profile_Custom_Dept);
