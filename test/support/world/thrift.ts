import type { Clock } from './clock.js';
import type { Knowledge } from './known.js';
import type { Json, Sent } from './network.js';
import { busyCode } from './network.js';
import type { Blame, Watch } from './page.js';
import type { Kind } from './server-kinds.js';
import { ownTags } from './words.js';

/** A call as it was made. */
export interface Call {
  /** The classic calls always ask; the others only for what is not fresh, and they join what is under way. */
  readonly always: boolean;
  readonly accounts: readonly string[];
  readonly tags: readonly string[];
  readonly staleTime: number;
}

export interface Thrift extends Partial<Watch> {
  /** Tells of a call before it is made: it is what requests are for. */
  calls(call: Call): void;
}

export interface ThriftOptions {
  readonly clock: Clock;
  readonly kind: () => Kind;
  readonly knowledge: Knowledge;
  readonly ready: () => boolean;
  /** Whether the page keeps what it knows; where entries are evicted, nobody outside can tell what it still knows. */
  readonly keeps: boolean;
  readonly blame: Blame;
}

const mostUnderWay = 6;
/** For how long questions wait for the disk, in ms. */
const patienceMs = 200;

/** Holds every request of a page against the calls that were made: each call is good for so many questions and no more. */
export function createThrift({ clock, kind, knowledge, ready, keeps, blame }: ThriftOptions): Thrift {
  /** By account and tags: the moments whose calls may each ask once. Calls of one moment are gathered into one question. */
  const permits = new Map<string, Set<number>>();
  /** By account and tags: the last question. One before it that is still under way is older than what is known by then. */
  const underWay = new Map<string, Sent>();
  /**
   * By account and tags: a reply made no sense or came from another kind of server, so that one more is asked in another form;
   * and whether it was the last question.
   */
  const otherwise = new Map<string, boolean>();
  /** Questions that a busy server is asked again, word for word. */
  const busy = new Set<string>();
  const opened = clock.time();
  /** The calls of one moment that needed no question, as all was known. */
  let content: { moment: number; keys: string[] } = { moment: -1, keys: [] };
  let flying = 0;
  let gathered: { moment: number; tags: Set<string> } = { moment: -1, tags: new Set() };

  const permit = (key: string): void => {
    // What is asked before the disk was read waits for it a while, and so goes together.
    const moment = ready() || clock.time() - opened >= patienceMs ? clock.moment() : -1;
    permits.set(key, (permits.get(key) ?? new Set()).add(moment));
  };
  const ended = (request: Sent): void => {
    if (request.command !== 'portrait_set') flying--;
    for (const key of keysOf(request)) if (underWay.get(key) === request) underWay.delete(key);
  };

  /** Nobody knows whether a set arrived: the server may be asked for what it has. */
  const unclear = ({ command, body }: Sent): void => {
    if (command !== 'portrait_set') return;
    const set = (body['ProfileItem'] as { Tag: string }[]).map(({ Tag }) => Tag);
    for (const key of keysOf({ accounts: [String(body['From_Account'])], tags: [...new Set([...ownTags, ...set])] })) permit(key);
  };

  const checkNumbers = ({ body, accounts, tags }: Sent): void => {
    const { numbers } = kind();
    const items = (body['UserItem'] ?? []) as { To_Account: string; StandardSequence: number }[];
    const last = Number(body['LastStandardSequence'] ?? 0);
    const forgotten = (account: string): boolean => {
      const sent = accounts.length === 1 ? last : items.find(({ To_Account }) => To_Account === account)?.StandardSequence;
      const known = knowledge.number(account, tags);
      return known !== undefined && known > 0 && sent !== known;
    };
    if (numbers === 'per account' || accounts.length === 1) {
      if (accounts.length > 1 && !knowledge.perAccount()) return;
      for (const account of accounts.filter(forgotten))
        blame('thrift', `no number sent for ${account} and ${tags}, known under ${knowledge.number(account, tags)}`);
    } else if (numbers === 'one') {
      const known = knowledge.setNumber(accounts, tags);
      if (known && known !== last) blame('thrift', `${last} sent for all of ${accounts} and ${tags}, known under ${known}`);
    }
  };

  const checkGathered = ({ tags }: Sent): void => {
    if (gathered.moment !== clock.moment()) gathered = { moment: clock.moment(), tags: new Set() };
    const key = [...tags].sort().join();
    if (gathered.tags.has(key)) blame('thrift', `two requests for ${key} at once, where one would do`);
    gathered.tags.add(key);
  };

  return {
    calls({ always, accounts, tags, staleTime }) {
      for (const key of keysOf({ accounts, tags })) {
        const [account = ''] = key.split(' ');
        const known = keeps && ready() && knowledge.fresh(account, tags, staleTime);
        if (always || !(known || underWay.has(key))) permit(key);
        else if (content.moment === clock.moment()) content.keys.push(key);
        else content = { moment: clock.moment(), keys: [key] };
      }
    },
    cleared() {
      // They come to look only after this.
      if (content.moment === clock.moment()) for (const key of content.keys) permit(key);
    },
    sent(request) {
      // Sets do not queue behind questions.
      if (request.command === 'portrait_set') return;
      if (++flying > mostUnderWay) blame('thrift', `${flying} questions under way`);
      request.waited = flying === mostUnderWay;
      const keys = keysOf(request);
      for (const key of keys) {
        if (otherwise.get(key) !== false) underWay.set(key, request);
        const allowed = permits.get(key) ?? new Set();
        const [first] = allowed;
        if (first === undefined) blame('thrift', `a request for ${key} that no call needs`);
        else allowed.delete(first);
      }
      const elsewise = keys.filter((key) => otherwise.delete(key)).length > 0;
      const again = elsewise || busy.has(JSON.stringify(request.body));
      request.waited ||= again;
      if (!again) checkGathered(request);
      if (keeps && !request.waited) checkNumbers(request);
    },
    came(request, reply) {
      const wasLast = keysOf(request).map((key) => [key, underWay.get(key) === request] as const);
      ended(request);
      if (request.command === 'portrait_set' && reply['ErrorCode'] === undefined) unclear(request);
      if (request.command === 'portrait_set' || isFinal(reply)) return;
      for (const [key, last] of wasLast) {
        permits.set(key, (permits.get(key) ?? new Set()).add(-clock.moment()));
        if (reply['ErrorCode'] !== busyCode) otherwise.set(key, last);
      }
      if (reply['ErrorCode'] === busyCode) busy.add(JSON.stringify(request.body));
    },
    lost(request) {
      ended(request);
      unclear(request);
    },
  };
}

/** A reply after which the same may be asked once more: busy, not decoded, or without any word of the accounts. */
function isFinal(reply: Json): boolean {
  const answers = reply['UserProfileItem'] !== undefined || reply['CurrentStandardSequence'] !== undefined;
  return reply['ActionStatus'] === 'OK' ? answers : answers && reply['ErrorCode'] !== 40001;
}

function keysOf({ accounts, tags }: Pick<Sent, 'accounts' | 'tags'>): readonly string[] {
  return [...new Set(accounts)].map((account) => `${account} ${[...tags].sort()}`);
}
