import type { Tag } from '../../wire/tags.js';
import type { Issue } from '../../wire/validate.js';
import { accountExpected, checkRequestedAccount, checkTagList, expect, isAccount, isSequence } from '../../wire/validate.js';
import type { HeldList } from '../held-numbers.js';
import { readHeldNumbers } from '../held-numbers.js';

export const maxWatchedAccounts = 5000;
const userItemList: HeldList = { name: 'UserItem', account: 'To_Account', number: 'StandardSequence', least: 1, most: maxWatchedAccounts };
const longestTimeout = 50;
const longestWord = 64;

/** A portrait_watch body, read. */
export interface WatchRequest {
  readonly from: string;
  readonly tags: readonly Tag[];
  /** The number that the caller holds of each account; 0 for none. */
  readonly held: Map<string, number>;
  readonly epoch: number | undefined;
  readonly word: string | undefined;
  /** How long a held call waits, in ms; undefined where a stream is asked for. */
  readonly timeoutMs: number | undefined;
}

/** Reads a portrait_watch body (docs/protocol.md §9). */
export function readWatchRequest(body: Readonly<Record<string, unknown>>, issues: Issue[]): WatchRequest {
  const { From_Account, TagList, UserItem, Epoch, Stream, Timeout } = body;
  const from = checkRequestedAccount(From_Account, { at: 'From_Account', isLegal: isAccount, expected: accountExpected }, issues);
  const tags = checkTagList(TagList, 'web', issues);
  expect(issues, Epoch === undefined || isSequence(Epoch), { at: 'Epoch', expected: 'a whole number from 0 up', value: Epoch });
  const isWord = typeof Stream === 'string' && Stream !== '' && Stream.length <= longestWord;
  expect(issues, Stream === undefined || isWord, { at: 'Stream', expected: `a word of at most ${longestWord} characters`, value: Stream });
  const isTime = typeof Timeout === 'number' && Timeout >= 0;
  expect(issues, Timeout === undefined || isTime, { at: 'Timeout', expected: 'a number of seconds from 0 up', value: Timeout });
  return {
    from,
    tags,
    held: readHeldNumbers(UserItem, userItemList, issues),
    epoch: isSequence(Epoch) ? Epoch : undefined,
    word: isWord ? Stream : undefined,
    timeoutMs: isTime ? Math.min(Timeout, longestTimeout) * 1000 : undefined,
  };
}
