import type { Core } from './core.js';
import type { Settled, Values } from './outbox.js';
import { merged, tagsOf, timesOf, without } from './outbox.js';
import type { ChangeEvent } from './types.js';

/** An update of this page that waits for its turn or its answer. */
export interface Waiting {
  made: number;
  values: Values;
  /** Aborted with the server's word when another page sent it, and had it refused. */
  readonly verdict: AbortController;
}

/** What the viewer has set and no server has answered yet, of all his pages: it is shown on top of what is known. */
export interface Drafts {
  readonly waiting: Set<Waiting>;
  values(): Values;
  /** Those of `values` that have no answer yet. */
  open(values: Values): Values;
  /** The time of a new update: after that of every other one that is known, `kept` ones included, wherever the clock is. */
  make(kept: Values): number;
  /** Shows these, too, but where a later one is shown. */
  add(values: Values, source: ChangeEvent['source']): void;
  /** These have their answer: they are not shown any more, whatever is read or heard of late. */
  settle(settled: Settled, source: ChangeEvent['source']): void;
  clear(): void;
}

export interface DraftsOptions extends Pick<Core, 'settings' | 'cache' | 'events' | 'emit'> {
  /** Called whenever something was shown. */
  readonly shown: () => void;
}

export function createDrafts({ settings, cache, events, emit, shown }: DraftsOptions): Drafts {
  const { identifier, now } = settings;
  const waiting = new Set<Waiting>();
  let unsent: Values = {};
  const answered: Record<string, number> = {};
  let lastMade = 0;

  const show = (next: Values, source: ChangeEvent['source']): void => {
    const before = tagsOf(unsent);
    unsent = next;
    const tags = tagsOf(next);
    const draft = Object.fromEntries(tags.map((tag) => [tag, next[tag]?.value]));
    emit(source, [cache.draft(identifier, tags.length > 0 ? draft : undefined)]);
    if (tags.join() !== before.join()) events.emit('pending', { account: identifier, tags });
    shown();
  };

  const drafts: Drafts = {
    waiting,
    values: () => unsent,
    open: (values) => without(values, answered),
    make(kept) {
      const known = [lastMade, ...Object.values(timesOf(merged(kept, unsent)))];
      lastMade = Math.max(now() - 1, ...known, ...Object.values(answered)) + 1;
      return lastMade;
    },
    add: (values, source) => show(merged(unsent, drafts.open(values)), source),
    settle(settled, source) {
      for (const [tag, made] of Object.entries(settled)) answered[tag] = Math.max(made, answered[tag] ?? 0);
      // What was asked for before it, and still has no answer, shows again.
      show(drafts.open([...waiting].reduce((all, { values }) => merged(all, values), unsent)), source);
    },
    clear() {
      waiting.clear();
      show({}, 'update');
    },
  };
  return drafts;
}
