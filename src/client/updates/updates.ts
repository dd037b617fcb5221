import { abort, atMost, throwIfAborted, until } from '../../kit/abort.js';
import { onRestored } from '../../kit/page.js';
import { ApiError, TransportError } from '../../wire/errors.js';
import type { Tag } from '../../wire/tags.js';
import type { PortraitSetReply, ProfileItem, Reply } from '../../wire/types.js';
import { isObject } from '../../wire/validate.js';
import type { Cache, Source } from '../cache/index.js';
import type { Fetch, SetProfile } from '../fetch/index.js';
import type { Settings } from '../options.js';
import type { Committed, StoredUpdate, UpdateStore } from '../storage/index.js';
import { diskWaitMs, isUpdate, startWaitMs } from '../storage/index.js';
import { asLeader } from '../tabs/index.js';
import type { ClearEvent } from '../types.js';
import type { Update } from './outbox.js';
import { createOutbox } from './outbox.js';
import { createRetryTimer } from './retry-timer.js';
import type { SenderOptions } from './sender.js';
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
  /** Called when an update that no call waits for was rolled back. */
  readonly onFailed: (error: unknown, tags: readonly Tag[]) => void;
}

/** What tabs tell each other about their outboxes. */
export interface OutboxMessage {
  readonly updates?: readonly StoredUpdate[];
  readonly committed?: Committed;
  readonly rolledBack?: RolledBack;
}

/** The `made` of an update that was rolled back, and why. */
interface RolledBack {
  readonly made: number;
  readonly message: string;
  readonly reply?: Reply | undefined;
}

/** The viewer's own updates: shown at once, sent in order, kept until a server has answered. */
export interface Updates {
  /** Settled when the updates of earlier pages are shown, or after 5,000 ms. */
  readonly loaded: Promise<void>;
  /** Shows the items and sends them. Resolves once they are committed, or wait; rejects once they are rolled back. */
  update(items: readonly ProfileItem[], signal: AbortSignal | undefined): Promise<void>;
  /** Sets without an optimistic value, in the same order; earlier updates of the same tags are dropped. */
  set(items: readonly ProfileItem[], signal: AbortSignal | undefined): Promise<PortraitSetReply>;
  /** Sends what waits now. */
  retry(): void;
  /** Takes in what another tab says. */
  hear(message: unknown): void;
  /** Forgets every update. Those that another tab has made since it cleared everything stay on the disk. */
  clear(source: ClearEvent['source']): Promise<void> | undefined;
  close(): void;
}

/** How much longer than one request a tab waits before it takes the lead from another, in ms. */
const leadMarginMs = 5000;

export function createUpdates({ settings, cache, fetch, set, store, life, ...options }: UpdatesOptions): Updates {
  const { name, identifier, now, locks, timeout } = settings;
  const { tellTabs, onFailed } = options;
  const outbox = createOutbox(now);
  /** Settles the call that waits for an update: without an error when it is committed, with one when it is rolled back. */
  const callers = new Map<Update, (error?: unknown) => void>();
  let cleared = new AbortController();

  /** Shows what the outbox holds on top of the viewer's entry. */
  const show = (source: Source, error?: unknown): void => {
    cache.setOptimistic(identifier, outbox.values(), source, error);
    retryTimer.schedule();
  };

  /** Takes out what a server has accepted. Only the tab that sent it keeps what is committed: others may know less. */
  const commit = (more: Committed, isOurs = false): void => {
    const done = outbox.commit(more);
    for (const update of done) callers.get(update)?.();
    const remove = done.map(({ made }) => made);
    if (isOurs) void store?.write({ remove, committed: outbox.committed() });
    else if (remove.length > 0) void store?.write({ remove });
  };

  const onCommit = (more: Committed): void => {
    commit(more, true);
    tellTabs({ committed: more });
    show('update');
  };

  const persistAndTell = (updates: readonly Update[], remove: readonly number[] = []): void => {
    const put = updates.map(toStored);
    void store?.write({ put, remove });
    tellTabs({ updates: put });
  };

  const onRollback = (update: Update, error: unknown): void => {
    if (!outbox.has(update)) return;
    outbox.remove(update);
    void store?.write({ remove: [update.made] });
    const { message, reply } = error as Error & Partial<ApiError>;
    tellTabs({ rolledBack: { made: update.made, message, reply } });
    show('rollback', error);
    const caller = callers.get(update);
    if (caller) caller(error);
    else onFailed(error, Object.keys(update.values) as Tag[]);
  };

  /** Brings the outbox up to what the disk has. */
  const load = async (): Promise<void> => {
    const begun = cleared;
    const kept = await store?.load();
    // What was read before a clear is out of date.
    if (!kept || begun !== cleared) return;
    const { updates, committed } = kept;
    const stored = updates.map(({ made }) => made);
    commit(committed);
    const renewed = outbox.renew([...stored, ...Object.values(committed)]);
    if (renewed.size > 0) persistAndTell([...renewed.values()], [...renewed.keys()]);
    outbox.addWaiting(updates);
    // Another tab has committed these already: their records go.
    const remove = stored.filter((made) => !outbox.find(made));
    if (remove.length > 0) void store?.write({ remove });
    show('cache');
  };

  /** Without locks every tab sends. */
  const lead: SenderOptions['asLeader'] = locks ? asLeader({ locks, name, patienceMs: timeout + leadMarginMs }) : (_signal, task) => task();
  const sender = createSender({ outbox, set, asLeader: lead, refresh: () => atMost(diskWaitMs, load(), life), onCommit, onRollback });
  const waits = (): boolean => !life.aborted && outbox.all().some(({ state }) => state === 'waiting');
  const retryTimer = createRetryTimer({ waits, send: () => sender.send(life) });

  /** Rolls back an update that is refused or given up. If it may have reached the server, the server is asked what it has. */
  const giveUp = (update: Update, error: unknown): void => {
    // A closed client leaves its updates to the next page.
    if (life.aborted || !outbox.has(update)) return;
    const mayHaveArrived = update.state !== 'optimistic' && !(error instanceof ApiError);
    onRollback(update, error);
    if (!mayHaveArrived) return;
    const tags = new Set([...settings.tags, ...(Object.keys(update.values) as Tag[])]);
    fetch.ask(identifier, { tags: [...tags] }).catch(() => undefined);
  };

  const loaded = load();
  // In the bfcache a page hears nothing. What it had from other pages may be withdrawn since: the disk has what is left.
  const undoPage = onRestored(() => {
    outbox.forgetOthers();
    show('tab');
    void load();
  });
  return {
    loaded: atMost(startWaitMs, loaded.then(retryTimer.now), life),
    async update(items, signal) {
      throwIfAborted(signal);
      const update = outbox.add(items);
      persistAndTell([update]);
      show('update');
      const answer = new Promise<void>((resolve, reject) => {
        callers.set(update, (error) => (error ? reject(error) : resolve()));
      });
      const send = async (inTime: AbortSignal): Promise<void> => {
        await atMost(diskWaitMs, loaded, inTime);
        let asked: number | undefined;
        try {
          asked = await sender.send(inTime, update);
        } finally {
          // Others were sent with it, and may wait again. The call may have given up before.
          retryTimer.schedule(asked);
        }
      };
      try {
        await Promise.race([answer, until({ outer: [signal, cleared.signal, life] }, send)]);
        if (outbox.has(update)) show('update');
      } catch (error) {
        giveUp(update, error);
        throw error;
      } finally {
        callers.delete(update);
      }
    },
    async set(items, signal) {
      const made = outbox.tick();
      const send = (inTime: AbortSignal): Promise<PortraitSetReply> =>
        sender.run(inTime, async () => {
          const reply = await set(items, inTime);
          onCommit(Object.fromEntries(items.map(({ Tag }) => [Tag, made])));
          return reply;
        });
      return until({ outer: [signal, life] }, send);
    },
    retry: retryTimer.now,
    hear(message) {
      const { updates, committed, rolledBack } = isObject(message) ? (message as OutboxMessage) : {};
      if (Array.isArray(updates)) outbox.addWaiting(updates.filter(isUpdate));
      if (isObject(committed)) commit(committed as Committed);
      const { made, reply, message: text } = isObject(rolledBack) ? rolledBack : ({} as Partial<RolledBack>);
      const update = outbox.find(Number(made));
      if (!update) return show('tab');
      outbox.remove(update);
      const error = isObject(reply) ? new ApiError('portrait_set', reply) : new TransportError('aborted', String(text));
      show('rollback', error);
      callers.get(update)?.(error);
    },
    clear(source) {
      const remove = outbox.all().map(({ made }) => made);
      outbox.clear();
      abort(cleared, new TransportError('aborted', 'portrait_set: everything was cleared'));
      cleared = new AbortController();
      show('update');
      if (source === 'tab') return store?.write({ remove });
      store?.clear();
      return undefined;
    },
    close() {
      undoPage();
      retryTimer.stop();
    },
  };
}

function toStored({ made, values }: Update): StoredUpdate {
  return { made, values };
}
