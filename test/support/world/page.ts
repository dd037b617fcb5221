import type { CacheRecord } from '../../../src/client/records.js';
import type { Json, Sent } from './network.js';

/** One life of one tab, from its client's making to its end, as what lies around it sees it. */
export interface Page {
  readonly name: string;
  readonly viewer: string;
  /** A killed page goes on in its own mind, but nothing it does reaches anything any more. */
  life(): 'open' | 'closed' | 'killed';
  readonly watch: Watch;
}

/** All that passes the border of a page, seen from outside. */
export interface Watch {
  sent(request: Sent): void;
  came(request: Sent, reply: Json): void;
  lost(request: Sent, how: 'lost' | 'aborted'): void;
  /** What it tells other pages, and hears from them. */
  told(records: readonly CacheRecord[]): void;
  heard(records: readonly CacheRecord[]): void;
  saved(records: readonly CacheRecord[]): void;
  loaded(records: readonly CacheRecord[]): void;
  /** It was made to forget everything, by its own app or by another page. */
  cleared(): void;
}

const names = ['sent', 'came', 'lost', 'told', 'heard', 'saved', 'loaded', 'cleared'] as const;

/** Many watches as one. */
export function together(watches: readonly Partial<Watch>[]): Watch {
  const all = (name: (typeof names)[number]) => {
    return (...given: never[]): void => {
      for (const watch of watches) (watch[name] as ((...given: never[]) => void) | undefined)?.(...given);
    };
  };
  return Object.fromEntries(names.map((name) => [name, all(name)])) as unknown as Watch;
}

/** The rules that clients are judged by. */
export type Rule =
  /** Every answer is what the server has, or had when it was asked. */
  | 'truth'
  /** A number is sent only for what it was given for (PROTOCOL §2.5). */
  | 'numbers'
  /** Nothing is asked that need not be, and nothing unchanged is fetched twice. */
  | 'thrift'
  /** What is shown never goes back to an older version. */
  | 'late'
  /** A get after an own set was answered never answers what was there before it. */
  | 'own writes'
  /** A page's sets go one at a time, no page sends while another is sending an update, and nothing is sent again that has its answer. */
  | 'turns'
  /** A change event says what happened, and all that happened. */
  | 'events'
  /** After clear() and close() there is nothing. */
  | 'gone'
  /** A call fails only for a reason. */
  | 'reasons';

export type Blame = (rule: Rule, text: string) => void;
