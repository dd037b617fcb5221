// The app that the figures are measured on: its key, its users and what their profiles hold.
import { signUserSig } from '../dist/esm/server.js';

export const sdkAppID = 1400000000;
export const secretKey = 'bench-only';
export const admin = 'administrator';
export const tags = ['Tag_Profile_IM_Nick', 'Tag_Profile_IM_Gender', 'Tag_Profile_IM_AllowType', 'Tag_Profile_IM_Image'];

/** Names of one and the same length, so that every request and reply of a figure has as many bytes. */
export function accountNames(count) {
  return Array.from({ length: count }, (_, index) => `user${String(index).padStart(6, '0')}`);
}

export function userSigFor(identifier) {
  return signUserSig({ sdkAppID, secretKey, identifier });
}

/** A profile of ordinary size. */
export function profileValues(account) {
  return {
    Tag_Profile_IM_Nick: `昵称 of ${account}`,
    Tag_Profile_IM_Gender: 'Gender_Type_Female',
    Tag_Profile_IM_AllowType: 'AllowType_Type_NeedConfirm',
    Tag_Profile_IM_Image: `https://images.example.com/avatars/${account}.png`,
  };
}

export function profileItems(account) {
  return Object.entries(profileValues(account)).map(([Tag, Value]) => ({ Tag, Value }));
}
