import type { Batch } from '../kit/batch.js';
import { createBatch } from '../kit/batch.js';
import { maxAccounts } from '../wire/commands.js';
import type { Tag } from '../wire/tags.js';
import type { Answer, Exchange } from './exchange.js';

/** Asks for single accounts, which are gathered by tags into requests of up to 100. */
export interface Portraits {
  /** Asks the server, whatever is under way: the answer is no older than the call. */
  ask(account: string, tags: readonly Tag[], signal?: AbortSignal): Promise<Answer>;
  /** Like `ask`, but content with a question for the same account and tags that is under way. */
  join(account: string, tags: readonly Tag[], signal?: AbortSignal): Promise<Answer>;
}

export function createPortraits(exchange: Exchange): Portraits {
  const batches = new Map<string, Batch<Answer>>();

  const batchFor = (tags: readonly Tag[]): Batch<Answer> => {
    const key = [...tags].sort().join(' ');
    const batch = batches.get(key) ?? createBatch({ max: maxAccounts, run: (accounts, signal) => exchange(accounts, tags, signal) });
    batches.set(key, batch);
    return batch;
  };

  return {
    ask: (account, tags, signal) => batchFor(tags).ask(account, signal),
    join: (account, tags, signal) => batchFor(tags).join(account, signal),
  };
}
