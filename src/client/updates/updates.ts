import { until } from '../../kit/abort.js';
import { ApiError, TransportError } from '../../wire/errors.js';
import type { Tag } from '../../wire/tags.js';
import type { PortraitSetReply, ProfileItem, Reply } from '../../wire/types.js';
import { isObject } from '../../wire/validate.js';
import type { Cache, Source } from '../cache/index.js';
import type { Fetch, SetProfile } from '../fetch/index.js';
import type { Settings } from '../options.js';
import type { Committed, StoredUpdate, UpdateStore } from '../storage/index.js';
import { isUpdate } from '../storage/index.js';
import { asLeader } from '../tabs/index.js';
import type { Update } from './outbox.js';
import { createOutbox, together } from './outbox.js';
import { createRetryTimer } from './retry-timer.js';
import { createSender } from './sender.js';

export interface UpdatesOptions {
  readonly settings: Settings;
  readonly cache: Cache;
  readonly fetch: Fetch;
  readonly set: SetProfile;
  /** Undefined where updates are kept in memory alone. */
  readonly store: UpdateStore | undefined;
  /** Aborted when the client is closed. */
  readonly life: AbortSignal;
  readonly tellTabs: (message: OutboxMessage) => void;
  /** Called when the tags without an answer changed. */
  readonly onPending: (tags: readonly Tag[]) => void;
  /** Called when an update that no call waits for was rolled back. */
  readonly onFailed: (error: unknown, tags: readonly Tag[]) => void;
}

/** What tabs tell each other about their outboxes. */
export interface OutboxMessage {
  readonly updates?: readonly StoredUpdate[];
  readonly committed?: Committed;
  /** The `made` of an update that was rolled back, and why. */
  readonly rolledBack?: { readonly made: number; readonly message: string; readonly reply?: Reply | undefined };
}

/** The viewer's own updates: shown at once, sent in order, kept until a server has answered. */
export interface Updates {
  /** Settled when the updates of earlier pages are shown. */
  readonly loaded: Promise<void>;
  /** Shows the items and sends them. Resolves once they are committed, or wait; rejects once they are rolled back. */
  update(items: readonly ProfileItem[], signal: AbortSignal | undefined): Promise<void>;
  /** Sets without showing first, in the same order; earlier updates of the same tags are done with. */
  set(items: readonly ProfileItem[], signal: AbortSignal | undefined): Promise<PortraitSetReply>;
  /** The tags without an answer. */
  pending(): readonly Tag[];
  /** Sends what waits now. */
  retry(): void;
  /** Takes in what another tab says. */
  hear(message: unknown): void;
  clear(): void;
  close(): void;
}

/** How long a send waits for the disk, in ms. */
const patienceMs = 200;
/** How much longer than one request a tab waits before it takes the lead from another, in ms. */
const leadMarginMs = 5000;

export function createUpdates({ settings, cache, fetch, set, store, life, ...options }: UpdatesOptions): Updates {
  const { sdkAppID, identifier, now, locks, timeout } = settings;
  const { tellTabs, onPending, onFailed } = options;
  const outbox = createOutbox(now);
  /** What each waiting call is told: nothing when its update is committed, an error when it is rolled back. */
  const callers = new Map<Update, (error?: unknown) => void>();
  let cleared = new AbortController();
  let pending: readonly Tag[] = [];
  const retryTimer = createRetryTimer((signal) => sender.sendWaiting(signal), life);

  /** Shows what the outbox holds on top of the viewer's entry. */
  const show = (source: Source, error?: unknown): void => {
    const values = outbox.values();
    cache.setOptimistic(identifier, values, source, error);
    const tags = Object.keys(values ?? {}) as Tag[];
    if (tags.join() !== pending.join()) {
      pending = tags;
      onPending(tags);
    }
    retryTimer.set(outbox.waiting().length > 0);
  };

  const restore = (updates: readonly StoredUpdate[], committed?: Committed): void => {
    for (const [before, update] of outbox.restore(updates, committed)) {
      void store?.delete([{ ...update, made: before }]);
      keep(update);
    }
    for (const [update, done] of callers) if (!outbox.has(update)) done();
    show('cache');
  };

  const keep = ({ made, values }: Update): void => {
    void store?.add({ made, values });
    tellTabs({ updates: [{ made, values }] });
  };

  const commit = (committed: Committed): void => {
    for (const update of outbox.commit(committed)) callers.get(update)?.();
  };

  const rollBack = (update: Update, error: unknown): void => {
    if (!outbox.has(update)) return;
    outbox.remove(update);
    void store?.delete([update]);
    const { message } = error as Error;
    const reply = error instanceof ApiError ? (error.reply as Reply) : undefined;
    tellTabs({ rolledBack: { made: update.made, message, reply } });
    show('rollback', error);
    const caller = callers.get(update);
    if (caller) caller(error);
    else onFailed(error, Object.keys(update.values) as Tag[]);
  };

  const load = async (): Promise<void> => {
    const kept = await store?.load();
    if (kept) restore(kept.updates, kept.committed);
  };

  const soon = (loading: Promise<void>): Promise<void> => until({ ms: patienceMs, outer: [life] }, () => loading).catch(() => undefined);

  const sender = createSender({
    outbox,
    set,
    asLeader: (signal, task) =>
      asLeader({ locks, name: `webim-profile/${sdkAppID}/${identifier}`, patienceMs: timeout + leadMarginMs }, signal, task),
    refresh: () => soon(load()),
    onCommit(committed) {
      commit(committed);
      void store?.commit(committed);
      tellTabs({ committed });
      show('update');
    },
    onRollback: rollBack,
  });

  /** Rolls back an update that is refused or given up. Whether one that was on its way arrived is open, so the server is asked. */
  const giveUp = (update: Update, error: unknown): void => {
    // A closed client leaves its updates to the next page.
    if (life.aborted || !outbox.has(update)) return;
    const mayHaveArrived = update.state !== 'optimistic' && !(error instanceof ApiError);
    rollBack(update, error);
    if (!mayHaveArrived) return;
    const tags = new Set([...settings.tags, ...(Object.keys(update.values) as Tag[])]);
    fetch.ask(identifier, [...tags]).catch(() => undefined);
  };

  const loaded = load();
  return {
    loaded: loaded.then(() => retryTimer.now()),
    async update(items, signal) {
      signal?.throwIfAborted();
      const update = outbox.add(items);
      keep(update);
      show('update');
      const answer = new Promise<void>((resolve, reject) => {
        callers.set(update, (error) => (error === undefined ? resolve() : reject(error)));
      });
      const send = async (inTime: AbortSignal): Promise<void> => {
        await soon(loaded);
        await sender.send(update, inTime);
      };
      try {
        await Promise.race([answer, until({ ms: undefined, outer: [signal, cleared.signal, life] }, send)]);
        show('update');
      } catch (error) {
        giveUp(update, error);
        throw error;
      } finally {
        callers.delete(update);
      }
    },
    set: (items, signal) =>
      until({ ms: undefined, outer: [signal, life] }, (inTime) =>
        sender.run(inTime, async () => {
          const reply = await set(items, inTime);
          const { committed } = together([{ made: outbox.tick(), values: valuesOf(items), state: 'sending', tries: 0 }]);
          commit(committed);
          void store?.commit(committed);
          tellTabs({ committed });
          show('update');
          return reply;
        }),
      ),
    pending: () => pending,
    retry: retryTimer.now,
    hear(message) {
      const { updates, committed, rolledBack } = isObject(message) ? (message as OutboxMessage) : {};
      if (Array.isArray(updates)) for (const update of updates.filter(isUpdate)) outbox.hear(update);
      if (isObject(committed)) commit(committed as Committed);
      const update = isObject(rolledBack) ? outbox.find(Number(rolledBack.made)) : undefined;
      if (!update || !rolledBack) return show('tab');
      outbox.remove(update);
      const { reply, message: text } = rolledBack;
      const error = isObject(reply) ? new ApiError('portrait_set', reply) : new TransportError('aborted', String(text));
      show('rollback', error);
      callers.get(update)?.(error);
    },
    clear() {
      outbox.clear();
      store?.clear();
      cleared.abort(new TransportError('aborted', 'portrait_set: everything was cleared'));
      cleared = new AbortController();
      show('update');
    },
    close: retryTimer.stop,
  };
}

function valuesOf(items: readonly ProfileItem[]): StoredUpdate['values'] {
  return Object.fromEntries(items.map(({ Tag, Value }) => [Tag, Value]));
}
