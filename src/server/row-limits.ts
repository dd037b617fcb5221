import { utf8Bytes } from '../wire/bytes.js';
import { isCustomName } from '../wire/tags.js';
import type { StoredValues } from './store.js';

/** The most that one account keeps: without a bound one user could make a row, and every reply that has it, of any size. */
export const maxCustomTags = 100;
/** In bytes of JSON. 100 custom tags and every standard one fit, whatever characters they hold. */
export const maxRowBytes: number = 384 * 1024;

export const rowExpected: string = `at most ${maxCustomTags} custom tags and ${maxRowBytes} bytes of JSON in one profile`;

/**
 * Sets `values` over those of a row, and returns `full` where the row would exceed a limit. An imported row may be over a limit already:
 * what it has may be changed, but a row over a limit does not grow.
 */
export function mergeValues(before: StoredValues, values: StoredValues): StoredValues | 'full' {
  const after = { ...before, ...values };
  if (customTags(after) > maxCustomTags && customTags(after) > customTags(before)) return 'full';
  if (rowBytes(after) > maxRowBytes && rowBytes(after) > rowBytes(before)) return 'full';
  return after;
}

/** How much a row has, where it is over a limit. */
export function excessOf(values: StoredValues): string | undefined {
  const [tags, bytes] = [customTags(values), rowBytes(values)];
  return tags > maxCustomTags || bytes > maxRowBytes ? `${tags} custom tags and ${bytes} bytes of JSON` : undefined;
}

function customTags(values: StoredValues): number {
  return Object.keys(values).filter(isCustomName).length;
}

function rowBytes(values: StoredValues): number {
  return utf8Bytes(JSON.stringify(values));
}
