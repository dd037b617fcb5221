// The app that is measured: its key, its users and their profiles.
import { createHash } from 'node:crypto';
import { signUserSig } from '../dist/esm/server.js';

export { accountNames } from './accounts.mjs';

export const sdkAppID = 1400000000;
export const secretKey = 'bench-only';
export const admin = 'administrator';
export const tags = ['Tag_Profile_IM_Nick', 'Tag_Profile_IM_Gender', 'Tag_Profile_IM_AllowType', 'Tag_Profile_IM_Image'];

export function userSigFor(identifier) {
  return signUserSig({ sdkAppID, secretKey, identifier });
}

const nameCharacters = '伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂兰红玉华文辉力志建国春梅海燕雪琳晨宇浩然子轩欣怡梓涵';
const genders = ['Gender_Type_Female', 'Gender_Type_Male', 'Gender_Type_Unknown'];

/** A profile of ordinary size, as different from the next as real ones are; otherwise replies would compress to almost nothing. */
export function profileValues(account) {
  const hash = createHash('sha256').update(account).digest();
  return {
    Tag_Profile_IM_Nick: Array.from(hash.subarray(0, 3), (byte) => nameCharacters[byte % nameCharacters.length]).join(''),
    Tag_Profile_IM_Gender: genders[hash[3] % genders.length],
    Tag_Profile_IM_AllowType: 'AllowType_Type_NeedConfirm',
    Tag_Profile_IM_Image: `https://images.example.com/avatars/${hash.toString('hex', 4, 20)}.png`,
  };
}

export function profileItems(account) {
  return Object.entries(profileValues(account)).map(([Tag, Value]) => ({ Tag, Value }));
}
