import type { PortraitGetReply, Reply } from '../../../src/index.js';
import { createProfileServer } from '../../../src/server.js';
import { app } from '../server.js';
import type { Json } from './network.js';
import type { Truth } from './truth.js';
import { rudeWord } from './words.js';

/** How a server of seed 001 says "not modified". */
export type Unchanged = 'no list' | 'empty list' | 'bare items' | 'empty items';

/** A kind of server: which numbers it sends, how it says "not modified", and what may happen to it. */
export interface Kind {
  readonly numbers: 'per account' | 'one' | 'none';
  readonly unchanged: Unchanged;
  /** It is put back to older states now and then. */
  readonly restores: boolean;
}

/** Answers one call. */
export type Answering = (url: string, body: Json) => Promise<Json>;

/** The real server over the truth, made to speak as a server of this kind does. */
export function createAnswering(kind: () => Kind, truth: Truth, now: number): Answering {
  const server = createProfileServer({ ...app, store: truth.store, forbiddenWords: [rudeWord], now: () => now });
  const call = async (url: string, body: Json): Promise<Json> => {
    const text = JSON.stringify(body);
    const headers = { 'Content-Length': String(text.length) };
    const response = await server.fetch(new Request(url, { method: 'POST', body: text, headers }));
    return (await response.json()) as Json;
  };

  return async (url, body) => {
    const { numbers, unchanged } = kind();
    if (numbers === 'per account') return call(url, body);
    if (body['UserItem']) return { ...notDecoded };
    if (numbers === 'none') return plain(await call(url, { ...body, LastStandardSequence: 0 }));
    return oneNumber(await call(url, body), Number(body['LastStandardSequence']), unchanged);
  };
}

const notDecoded: Reply = { ActionStatus: 'FAIL', ErrorCode: 40001, ErrorInfo: 'Err_Profile_Comm_Decode_Fail', ErrorDisplay: '' };

/** Seeds 000 and 002: no numbers anywhere. */
function plain(reply: Json): Json {
  const { CurrentStandardSequence: _, ...rest } = reply;
  return withItems(rest, ({ StandardSequence: _, ...item }) => item);
}

/** Seed 001: one number for the whole set, none for an account, none in the reply to a set. */
function oneNumber(reply: Json, last: number, unchanged: Unchanged): Json {
  if (!reply['UserProfileItem']) return plain(reply);
  const spoken = { ...plain(reply), CurrentStandardSequence: reply['CurrentStandardSequence'] };
  const failed = reply['ActionStatus'] !== 'OK';
  const equal = last !== 0 && last === reply['CurrentStandardSequence'];
  const bare = ({ ProfileItem: _, ...item }: Json): Json => item;
  // An account with nothing set may come without its list, too.
  const without = (item: Json): Json => (unchanged === 'bare items' && (item['ProfileItem'] as [])?.length === 0 ? bare(item) : item);
  if (!equal || failed) return withItems(spoken, without);
  if (unchanged === 'bare items') return withItems(spoken, bare);
  if (unchanged === 'empty items') return withItems(spoken, (item) => ({ ...item, ProfileItem: [] }));
  if (unchanged === 'empty list') return { ...spoken, UserProfileItem: [] };
  const { UserProfileItem: _, Fail_Account: __, Invalid_Account: ___, ...rest } = spoken as Json & PortraitGetReply;
  return rest;
}

function withItems(reply: Json, to: (item: Json) => Json): Json {
  const items = reply['UserProfileItem'] as Json[] | undefined;
  return items ? { ...reply, UserProfileItem: items.map(to) } : reply;
}
