import type { ProfileItem } from '../wire/types.js';
import type { StoredValues } from './store.js';

/** The items of a request as a store keeps them. */
export function toValues(items: readonly ProfileItem[]): StoredValues {
  return Object.fromEntries(items.map((item) => [item.Tag, item.Value]));
}
