import { until } from '../kit/abort.js';
import { ApiError, TransportError } from '../wire/errors.js';
import type { Tag } from '../wire/tags.js';
import type { ProfileItem } from '../wire/types.js';
import type { Core } from './core.js';
import type { Settled, Values } from './outbox.js';
import { createOutbox, merged, pick, tagsOf, timesOf, without } from './outbox.js';
import type { SetOwn } from './own.js';
import type { ChangeEvent } from './types.js';
import { onWake } from './watch.js';

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
  let lastMade = 0;
  let forgotten = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let pauseMs = firstPauseMs;

  /** The time of a new update: after that of every other one that is known, wherever the clock is. */
  const make = (): number => {
    lastMade = Math.max(now(), lastMade + 1, ...Object.values(timesOf(unsent)).map((made) => made + 1));
    return lastMade;
  };

  const show = (next: Values, source: ChangeEvent['source']): void => {
    const before = tagsOf(unsent);
    unsent = next;
    const tags = tagsOf(next);
    const draft = Object.fromEntries(tags.map((tag) => [tag, next[tag]?.value]));
    emit(source, [cache.draft(identifier, tags.length > 0 ? draft : undefined)]);
    if (tags.join() !== before.join()) events.emit('pending', { account: identifier, tags });
    if (tags.length > 0) timer ??= setTimeout(retry, pauseMs);
    else rest();
    // In Node a timer would keep the process alive.
    (timer as { unref?: () => void } | undefined)?.unref?.();
  };

  const rest = (): void => {
    clearTimeout(timer);
    timer = undefined;
    pauseMs = firstPauseMs;
  };

  /** Tries to send whatever is unsent, and comes back later if it could not. */
  const retry = (): void => {
    clearTimeout(timer);
    timer = undefined;
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
    if (tagsOf(unsent).length > 0) void turn({}, undefined).finally(() => life.aborted || show(unsent, 'tab'));
  };

  /** These updates have their answer: they are drafts no more. */
  const settle = (values: Values, source: ChangeEvent['source']): Settled => {
    const settled = timesOf(values);
    if (tagsOf(values).length > 0) {
      tabs.tell({ settled });
      show(without(unsent, settled), source);
    }
    return settled;
  };

  const send = async (values: Values, signal: AbortSignal): Promise<Settled> => {
    const items = tagsOf(values).map((tag) => ({ Tag: tag, Value: values[tag]?.value }) as ProfileItem);
    if (items.length > 0) await own.send(items, signal);
    return settle(values, 'update');
  };

  /** Sends what is unsent from before `mine`, then `mine`. */
  const deliver = async (mine: Values, signal: AbortSignal): Promise<void> => {
    const kept = await outbox.claim(signal);
    let settled: Settled = {};
    try {
      // What another page told of, and is not there any more, has had its answer while this one did not listen.
      const current = pick(unsent, (tag, made) => kept[tag] !== undefined || mine[tag] !== undefined || made > now() - tellingMs);
      show(merged(current, kept), 'tab');
      const before = Math.min(...Object.values(timesOf(mine)));
      const older = pick(kept, (_, made) => made < before);
      settled = await send(older, signal).catch((error: unknown) => {
        // Nobody waits for them any more: the event says it.
        if (error instanceof ApiError) return settle(older, 'rollback');
        throw error;
      });
      settled = { ...settled, ...(await send(mine, signal)) };
    } finally {
      // A page that is closed while it sends leaves things as they are: when its time is over, another goes on.
      if (!life.aborted) await outbox.release(settled);
    }
  };

  const turn = async (mine: Values, signal: AbortSignal | undefined): Promise<void> => {
    const outer = [signal, forgotten.signal];
    let sent = false;
    try {
      await until({ ms: undefined, late: () => undefined, outer }, (either) =>
        own.inTurn(() => {
          either.throwIfAborted();
          sent = true;
          return deliver(mine, either);
        }),
      );
    } catch (error) {
      const asked = tagsOf(mine).length > 0;
      const given = outer.some((one) => one?.aborted);
      if (!given && !life.aborted && isUndelivered(error)) return;
      if (asked && !life.aborted) {
        await outbox.remove(settle(mine, 'rollback'));
        // Nobody knows whether it came to the server: that is asked for what it has.
        if (sent && !(error instanceof ApiError)) portraits.ask(identifier, settings.tags).catch(() => undefined);
      }
      if (asked) throw error;
    }
  };

  signals.on('heard', ({ unsent: more, settled }) => {
    if (more) show(merged(unsent, more), 'tab');
    if (settled) show(without(unsent, settled), 'tab');
  });
  signals.on('cleared', () => {
    outbox.clear();
    forgotten.abort(new TransportError('aborted', 'portrait_set: everything was forgotten'));
    forgotten = new AbortController();
    show({}, 'update');
  });
  const undo = onWake(() => {
    pauseMs = firstPauseMs;
    retry();
  });

  return {
    async update(items, signal) {
      const made = make();
      const mine: Values = Object.fromEntries(items.map(({ Tag, Value }) => [Tag, { value: Value, made }]));
      tabs.tell({ unsent: mine });
      show(merged(unsent, mine), 'update');
      outbox.add(mine);
      await turn(mine, signal);
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
      const kept = await store.unsent?.((values) => values);
      if (!kept || life.aborted) return;
      show(merged(unsent, kept.values), 'tab');
      retry();
    },
    close() {
      undo();
      rest();
    },
  };
}

/** Whether an update is to be sent again later: there was no connection. */
function isUndelivered(error: unknown): boolean {
  return error instanceof TransportError && ['network', 'offline'].includes(error.reason);
}
