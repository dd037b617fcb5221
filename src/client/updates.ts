import { until } from '../kit/abort.js';
import { isRetryable } from '../wire/codes.js';
import type { Tag } from '../wire/tags.js';
import type { ProfileItem } from '../wire/types.js';
import type { Core } from './core.js';
import { ApiError, TransportError } from './errors.js';
import type { Settled, Values } from './outbox.js';
import { createOutbox, merged, pick, tagsOf, timesOf, without } from './outbox.js';
import type { SetOwn } from './own.js';
import type { ChangeEvent } from './types.js';

/** The viewer's own updates: shown at once, sent in order, kept until a server has answered them. */
export interface Updates {
  /**
   * Shows the items at once and sends them. Resolves when the server has accepted them; without a connection, when they are
   * kept to be sent later. Rejects when it refused them, or the caller gave them up: then they are not shown any more.
   */
  update(items: readonly ProfileItem[], signal: AbortSignal | undefined): Promise<void>;
  /** Sets without showing first, in the same order; what is unsent of the same tags is older and will not be sent. */
  readonly set: SetOwn;
  /** The tags of what is unsent. */
  tags(): readonly Tag[];
  /** Takes in, and sends, what earlier pages could not send. */
  restore(): Promise<void>;
  /** Sends what is unsent, for there may be a connection again. */
  retry(): void;
  close(): void;
}

/** How long a page may be at sending beyond the time of its request, in ms. */
const leaseMarginMs = 1000;
/** The pause before what could not be sent is tried again, in ms; each is twice as long as the one before. */
const firstPauseMs = 5000;
const longestPauseMs = 60_000;
/** An update that another page told of may not be on disk for so long, in ms. */
const tellingMs = 1000;

export function createUpdates({ settings, cache, store, own, setOwn, portraits, tabs, signals, events, emit, life }: Core): Updates {
  const { identifier, now } = settings;
  const outbox = createOutbox({ store, now, leaseMs: settings.timeout + leaseMarginMs });
  let unsent: Values = {};
  /** What has its answer, by tag: whatever is read or heard of late may still have it. */
  let answered: Settled = {};
  /** This page's updates that wait for their turn or their answer, by time. */
  const waiting = new Map<number, Values>();
  let lastMade = 0;
  let forgotten = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let pauseMs = firstPauseMs;

  /** The time of a new update: after that of every other one that is known, wherever the clock is. */
  const make = (): number => {
    const known = [lastMade, ...Object.values(timesOf(unsent)), ...Object.values(answered)];
    lastMade = Math.max(now(), ...known.map((made) => made + 1));
    return lastMade;
  };

  const show = (next: Values, source: ChangeEvent['source']): void => {
    const before = tagsOf(unsent);
    unsent = next;
    const tags = tagsOf(next);
    const draft = Object.fromEntries(tags.map((tag) => [tag, next[tag]?.value]));
    emit(source, [cache.draft(identifier, tags.length > 0 ? draft : undefined)]);
    if (tags.join() !== before.join()) events.emit('pending', { account: identifier, tags });
    if (tags.length === 0) rest();
    else if (!life.aborted) timer ??= setTimeout(again, pauseMs);
    // In Node a timer would keep the process alive.
    (timer as { unref?: () => void } | undefined)?.unref?.();
  };

  const rest = (): void => {
    clearTimeout(timer);
    timer = undefined;
    pauseMs = firstPauseMs;
  };

  /** Tries to send whatever is unsent, and comes back later if it could not. */
  const again = (): void => {
    clearTimeout(timer);
    timer = undefined;
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
    if (tagsOf(unsent).length > 0) void turn({}, undefined).finally(() => show(unsent, 'tab'));
  };
  const retry = (): void => {
    pauseMs = firstPauseMs / 2;
    again();
  };

  /** These updates have their answer: they are drafts no more. */
  const settle = (values: Values, source: ChangeEvent['source']): Settled => {
    const settled = timesOf(values);
    answered = { ...answered, ...settled };
    if (tagsOf(values).length > 0) {
      const record = cache.kept(identifier);
      // With what is true now, or they would show what was true before.
      tabs.tell({ settled, records: record ? [record] : [] });
      // What was asked for before it, and still has no answer, shows again.
      show(without([...waiting.values()].reduce(merged, unsent), answered), source);
    }
    return settled;
  };

  const send = async (values: Values, signal: AbortSignal): Promise<Settled> => {
    const items = tagsOf(values).map((tag) => ({ Tag: tag, Value: values[tag]?.value }) as ProfileItem);
    if (items.length > 0) await own.send(items, signal, cache.tick());
    return settle(values, 'update');
  };

  const adopt = (values: Values): void => show(merged(unsent, without(values, answered)), 'tab');

  /** Sends what is unsent from before `mine`, then `mine`, unless another page has. */
  const deliver = async (mine: Values, signal: AbortSignal, sending: () => void): Promise<void> => {
    let settled: Settled = {};
    const { values, sure } = await outbox.claim(signal, tagsOf(mine).length === 0);
    // Rather by two pages than by none.
    const kept = sure ? values : merged(unsent, values);
    try {
      signal.throwIfAborted();
      // What another page told of, and is not there any more, has had its answer while this one did not listen.
      const gone = pick(unsent, (tag, made) => sure && !kept[tag] && !waiting.has(made) && made <= now() - tellingMs);
      show(without(unsent, timesOf(gone)), 'tab');
      adopt(kept);
      const before = Math.min(...waiting.keys());
      const older = without(
        pick(kept, (_, made) => made < before),
        answered,
      );
      settled = await send(older, signal).catch((error: unknown) => {
        // Nobody waits for them any more: the event says it.
        if (isRefused(error)) return settle(older, 'rollback');
        throw error;
      });
      // Its time begins anew.
      if (Object.keys(settled).length > 0) await outbox.claim(signal, false);
      sending();
      settled = { ...settled, ...(await send(without(mine, answered), signal)) };
    } finally {
      await outbox.release(settled);
      // A closed client leaves nothing open: the next page goes on.
      if (life.aborted) store.close();
    }
  };

  const turn = async (mine: Values, signal: AbortSignal | undefined): Promise<void> => {
    const ended = forgotten.signal;
    const outer = [signal, ended, life];
    let sent = false;
    try {
      await until({ ms: undefined, late: () => undefined, outer }, (either) =>
        own.inTurn(() => {
          either.throwIfAborted();
          return deliver(mine, either, () => {
            sent = true;
          });
        }),
      );
    } catch (error) {
      const asked = tagsOf(mine).length > 0;
      const given = outer.some((one) => one?.aborted);
      // Without a connection, or when it was the ones before it that could not be sent, it goes later.
      if (!given && (isUndelivered(error) || (asked && !sent))) return;
      if (asked && !life.aborted) {
        for (const made of Object.values(timesOf(mine))) waiting.delete(made);
        await outbox.remove(settle(mine, 'rollback'));
        // Nobody knows whether it came to the server: that is asked for what it has, unless all is to be forgotten.
        if (sent && !ended.aborted && !(error instanceof ApiError))
          portraits.ask(identifier, [...new Set([...settings.tags, ...tagsOf(mine)])]).catch(() => undefined);
      }
      if (asked) throw error;
    }
  };

  signals.on('heard', ({ unsent: more, settled }) => {
    const { stamps } = cache.record(identifier) ?? {};
    // What the server said later than it was made may be its answer already.
    if (more) adopt(pick(more, (tag, made) => !((stamps?.[tag]?.at ?? 0) > made)));
    if (settled) {
      answered = { ...answered, ...settled };
      show(without(unsent, settled), 'tab');
    }
  });
  signals.on('cleared', () => {
    outbox.clear();
    forgotten.abort(new TransportError('aborted', 'portrait_set: everything was forgotten'));
    forgotten = new AbortController();
    show({}, 'update');
  });
  return {
    async update(items, signal) {
      const made = make();
      const mine: Values = Object.fromEntries(items.map(({ Tag, Value }) => [Tag, { value: Value, made }]));
      tabs.tell({ unsent: mine });
      show(merged(unsent, mine), 'update');
      outbox.add(mine);
      waiting.set(made, mine);
      await turn(mine, signal).finally(() => waiting.delete(made));
    },
    async set(items, signal) {
      const made = make();
      const reply = await setOwn(items, signal);
      const same = items.filter(({ Tag }) => unsent[Tag]);
      if (same.length > 0)
        void outbox.remove(settle(Object.fromEntries(same.map(({ Tag, Value }) => [Tag, { value: Value, made }])), 'update'));
      return reply;
    },
    tags: () => tagsOf(unsent),
    async restore() {
      const { signal } = forgotten;
      if (life.aborted) return;
      const kept = await outbox.look();
      if (signal.aborted || life.aborted) return;
      adopt(kept);
      retry();
    },
    retry,
    close: rest,
  };
}

/** Whether an update is to be sent again later: there was no connection, to the server or to whoever signs. */
function isUndelivered(error: unknown): boolean {
  return error instanceof TransportError && ['network', 'offline', 'usersig'].includes(error.reason);
}

/** Whether the server refused the update itself; a usersig that has expired, or a server that is busy, says nothing of it. */
function isRefused(error: unknown): boolean {
  return error instanceof ApiError && error.code >= 40000 && error.code < 50000 && !isRetryable('portrait_set', error.code);
}
