import { until } from '../kit/abort.js';
import { isRetryable } from '../wire/codes.js';
import { ApiError, TransportError } from '../wire/errors.js';
import type { Tag } from '../wire/tags.js';
import type { ProfileItem } from '../wire/types.js';
import type { Core } from './core.js';
import type { Waiting } from './drafts.js';
import { createDrafts } from './drafts.js';
import type { Settled, Values } from './outbox.js';
import { createOutbox, merged, patienceMs, pick, tagsOf, timesOf } from './outbox.js';
import type { SetOwn } from './own.js';

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

/** What is sent in one turn. */
interface Way {
  /** What was kept when it began, and whether that is sure. */
  readonly values: Values;
  readonly sure: boolean;
  readonly signal: AbortSignal;
  /** What has its answer so far: it is taken out of the outbox in the end. */
  readonly settled: Record<string, number>;
}

/** How long a page may be at sending beyond the time of its request, in ms. */
const leaseMarginMs = 1000;
/** The pause before what could not be sent is tried again, in ms; each is twice as long as the one before. */
const firstPauseMs = 5000;
const longestPauseMs = 60_000;
/** An update that another page told of may not be on disk for so long, in ms. */
const tellingMs = 1000;

export function createUpdates(core: Core): Updates {
  const { settings, cache, store, own, portraits, tabs, signals, life } = core;
  const { identifier, now } = settings;
  const outbox = createOutbox({ store, now, leaseMs: settings.timeout + leaseMarginMs });
  let forgotten = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let pauseMs = firstPauseMs;

  const rest = (): void => {
    clearTimeout(timer);
    timer = undefined;
    pauseMs = firstPauseMs;
  };
  const drafts = createDrafts({
    ...core,
    shown() {
      if (tagsOf(drafts.values()).length === 0) rest();
      else if (!life.aborted) timer ??= setTimeout(again, pauseMs);
      // In Node a timer would keep the process alive.
      (timer as { unref?: () => void } | undefined)?.unref?.();
    },
  });

  /** Tries to send whatever is unsent, and comes back later if it could not. */
  const again = (): void => {
    const next = Math.min(pauseMs * 2, longestPauseMs);
    rest();
    pauseMs = next;
    if (tagsOf(drafts.values()).length > 0) void turn(undefined, [forgotten.signal, life]).finally(() => drafts.add({}, 'tab'));
  };
  const retry = (): void => {
    pauseMs = firstPauseMs / 2;
    again();
  };

  /** These updates have their answer, and are drafts no more, here and in other tabs. */
  const settle = (values: Values, refusal?: Partial<ApiError>): Settled => {
    const settled = timesOf(values);
    drafts.settle(settled, refusal ? 'rollback' : 'update');
    const record = cache.kept(identifier);
    // With what is true now, or they would show what was true before.
    tabs.tell({ settled, refused: refusal?.reply, records: record ? [record] : [] });
    return settled;
  };

  /** Runs a task when those before it are done and while no other page is sending. */
  const inTurn = <T>(outer: readonly (AbortSignal | undefined)[], patient: boolean, task: (way: Way) => Promise<T>): Promise<T> =>
    until({ ms: undefined, outer }, (signal) =>
      own.inTurn(async () => {
        signal.throwIfAborted();
        const settled: Way['settled'] = {};
        const found = await outbox.claim(signal, patient);
        try {
          signal.throwIfAborted();
          return await task({ ...found, signal, settled });
        } finally {
          // Nobody needs to wait for it: what this page does next on the disk is done after it.
          void outbox.release(settled).then(() => {
            // A closed client leaves nothing open: the next page goes on.
            if (life.aborted) store.close();
          });
        }
      }),
    );

  const send = async (values: Values, { signal, settled }: Way): Promise<void> => {
    const items = tagsOf(values).map((tag) => ({ Tag: tag, Value: values[tag]?.value }) as ProfileItem);
    if (items.length === 0) return;
    // Each has the whole time for itself.
    if (Object.keys(settled).length > 0) await outbox.claim(signal, false);
    await own.send(items, signal, cache.tick());
    Object.assign(settled, settle(values));
  };

  /** Sends what is kept, all at once; what is refused so is sent again, one update at a time, lest one takes others with it. */
  const sendKept = async (values: Values, way: Way): Promise<void> => {
    try {
      await send(values, way);
    } catch (error) {
      if (!isRefused(error)) throw error;
      const times = [...new Set(Object.values(timesOf(values)))];
      // Nobody waits for it any more: the event says it.
      if (times.length < 2) Object.assign(way.settled, settle(values, error));
      else
        for (const time of times)
          await sendKept(
            pick(values, (_, made) => made === time),
            way,
          );
    }
  };

  /** Sends what is unsent from before the updates of this page that wait, unless another page has. */
  const sendOlder = async (way: Way): Promise<void> => {
    const { values, sure } = way;
    // Rather by two pages than by none.
    const kept = sure ? values : merged(drafts.values(), values);
    const times = [...drafts.waiting].map(({ made }) => made);
    // What another page told of, and is not there any more, has had its answer while this one did not listen.
    const isGone = (tag: Tag, made: number): boolean => sure && !kept[tag] && !times.includes(made) && made <= now() - tellingMs;
    drafts.settle(timesOf(pick(drafts.values(), isGone)), 'tab');
    drafts.add(kept, 'tab');
    await sendKept(
      pick(drafts.open(kept), (_, made) => made < Math.min(...times)),
      way,
    );
  };

  const turn = async (mine: Waiting | undefined, outer: readonly (AbortSignal | undefined)[]): Promise<void> => {
    let sent = false;
    try {
      await inTurn(outer, !mine, async (way) => {
        await sendOlder(way);
        sent = true;
        if (mine) await send(drafts.open(mine.values), way);
      });
    } catch (error) {
      const given = outer.some((one) => one?.aborted);
      // Without a connection, or when it was the ones before it that could not be sent, it goes later.
      if (!mine || (!given && (isUndelivered(error) || !sent))) return;
      // Not so if everything was forgotten.
      if (!life.aborted && drafts.waiting.delete(mine)) {
        void outbox.remove(settle(mine.values, error as Partial<ApiError>));
        // Nobody knows whether it came to the server: that is asked for what it has.
        if (sent && !(error instanceof ApiError))
          portraits.ask(identifier, [...new Set([...settings.tags, ...tagsOf(mine.values)])]).catch(() => undefined);
      }
      throw error;
    }
  };

  /** What earlier pages could not send, once it is known. */
  let kept: Values | undefined;
  const reading = outbox.look().then((values) => {
    kept ??= values;
  });
  const known = until({ ms: patienceMs, outer: [life] }, () => reading).catch(() => undefined);
  signals.on('heard', ({ unsent: more, settled, refused }) => {
    const { stamps } = cache.record(identifier) ?? {};
    // What the server said later than it was made may be its answer already.
    if (more)
      drafts.add(
        pick(more, (tag, made) => !((stamps?.[tag]?.at ?? 0) > made)),
        'tab',
      );
    if (!settled) return;
    drafts.settle(settled, refused ? 'rollback' : 'tab');
    if (refused)
      for (const { values, made, verdict } of drafts.waiting)
        if (tagsOf(values).some((tag) => settled[tag] === made)) verdict.abort(new ApiError('portrait_set', refused));
  });
  signals.on('cleared', () => {
    kept = {};
    outbox.clear();
    forgotten.abort(new TransportError('aborted', 'portrait_set: everything was forgotten'));
    forgotten = new AbortController();
    drafts.clear();
  });
  return {
    async update(items, signal) {
      const mine: Waiting = { made: 0, values: {}, verdict: new AbortController() };
      const outer = [signal, forgotten.signal, life, mine.verdict.signal];
      const put = (): void => {
        mine.made = drafts.make(kept ?? {});
        mine.values = valuesOf(items, mine.made);
        tabs.tell({ unsent: mine.values });
        drafts.add(mine.values, 'update');
        outbox.add(mine.values);
      };
      drafts.waiting.add(mine);
      put();
      try {
        if (!kept) await known;
        // Under a clock that was moved back it looked older than what was kept.
        if (drafts.waiting.has(mine) && Object.values(timesOf(kept ?? {})).some((made) => made >= mine.made)) put();
        await turn(mine, outer);
      } finally {
        drafts.waiting.delete(mine);
      }
    },
    async set(items, signal) {
      const begun = cache.tick();
      if (!kept) await known;
      const values = valuesOf(items, drafts.make(kept ?? {}));
      // What is older may just be on its way from another page.
      return inTurn([signal, life], false, async ({ settled }) => {
        const reply = await own.send(items, signal, begun);
        Object.assign(settled, settle(values));
        return reply;
      });
    },
    tags: () => tagsOf(drafts.values()),
    async restore() {
      await reading;
      drafts.add(kept ?? {}, 'tab');
      retry();
    },
    retry,
    close: rest,
  };
}

function valuesOf(items: readonly ProfileItem[], made: number): Values {
  return Object.fromEntries(items.map(({ Tag, Value }) => [Tag, { value: Value, made }]));
}

/** Whether an update is to be sent again later: there was no connection, to the server or to whoever signs. */
function isUndelivered(error: unknown): boolean {
  return error instanceof TransportError && ['network', 'offline', 'usersig'].includes(error.reason);
}

/** Whether the server refused the update itself; a usersig that has expired, or a server that is busy, says nothing of it. */
function isRefused(error: unknown): error is ApiError {
  return error instanceof ApiError && error.code >= 40000 && error.code < 50000 && !isRetryable('portrait_set', error.code);
}
