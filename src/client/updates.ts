import { until } from '../kit/abort.js';
import { ApiError, TransportError } from '../wire/errors.js';
import type { Tag } from '../wire/tags.js';
import type { ProfileItem } from '../wire/types.js';
import type { Core } from './core.js';
import { createDelivery } from './delivery.js';
import type { Waiting } from './drafts.js';
import { createDrafts } from './drafts.js';
import type { Values } from './outbox.js';
import { createOutbox, itemsOf, patienceMs, pick, tagsOf, timesOf } from './outbox.js';
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

/** How long a page may be at sending beyond the time of its request, in ms. */
const leaseMarginMs = 1000;
/** The pause before what could not be sent is tried again, in ms; each is twice as long as the one before. */
const firstPauseMs = 5000;
const longestPauseMs = 60_000;

export function createUpdates(core: Core): Updates {
  const { settings, cache, store, portraits, tabs, signals, own, life } = core;
  const { identifier, now } = settings;
  const outbox = createOutbox({ store, now, leaseMs: settings.timeout + leaseMarginMs });
  let forgotten = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let pauseMs = firstPauseMs;
  // One after the other: what wakes a page comes in swarms.
  let trying = false;

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

  const { settle, inTurn, send, sendOlder } = createDelivery({ ...core, drafts, outbox });

  /** Tries to send whatever is unsent, and comes back later if it could not. */
  const again = (): void => {
    const next = Math.min(pauseMs * 2, longestPauseMs);
    rest();
    pauseMs = next;
    if (trying || tagsOf(drafts.values()).length === 0) return;
    trying = true;
    void turn(undefined, [forgotten.signal, life]).finally(() => {
      trying = false;
      drafts.add({}, 'tab');
    });
  };
  const retry = (): void => {
    pauseMs = firstPauseMs / 2;
    again();
  };

  const turn = async (mine: Waiting | undefined, outer: readonly (AbortSignal | undefined)[]): Promise<void> => {
    let sent = false;
    try {
      await inTurn(outer, !mine, async (way) => {
        await sendOlder(way);
        sent = true;
        if (mine) await send(() => mine.values, way);
      });
    } catch (error) {
      const given = outer.some((one) => one?.aborted);
      // Without a connection, or when it was the ones before it that could not be sent, it goes later.
      if (!mine || (!given && (isUndelivered(error) || !sent))) return;
      // Not so if everything was forgotten.
      if (!life.aborted && drafts.waiting.delete(mine)) {
        // Earlier ones of the same fields are not done with: they are made anew, or they would count as replaced.
        for (const one of drafts.waiting) if (one.made < mine.made && tagsOf(one.values).some((tag) => mine.values[tag])) put(one);
        void outbox.remove(settle(mine.values, error as Partial<ApiError>));
        // Nobody knows whether it came to the server: that is asked for what it has.
        if (sent && !(error instanceof ApiError))
          portraits.ask(identifier, [...new Set([...settings.tags, ...tagsOf(mine.values)])]).catch(() => undefined);
      }
      throw error;
    }
  };

  /** Makes an update of this page, or makes it anew: other pages hear of it, and the disk keeps it. */
  const put = (one: Waiting): void => {
    one.made = drafts.make(kept ?? {});
    one.values = valuesOf(itemsOf(one.values), one.made);
    tabs.tell({ unsent: one.values });
    outbox.add(one.values);
  };

  /** What earlier pages could not send, once it is known. */
  let kept: Values | undefined;
  const reading = outbox.look().then((values) => {
    kept ??= values;
  });
  const known = until({ ms: patienceMs, outer: [life] }, () => reading).catch(() => undefined);
  const isLater = (made: number): boolean => Object.values(timesOf(kept ?? {})).every((time) => time < made);
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
      signal?.throwIfAborted();
      const mine: Waiting = { made: 0, values: valuesOf(items, 0), verdict: new AbortController() };
      const outer = [signal, forgotten.signal, life, mine.verdict.signal];
      const show = (): void => {
        put(mine);
        drafts.add(mine.values, 'update');
      };
      drafts.waiting.add(mine);
      show();
      try {
        if (!kept) await known;
        // Under a clock that was moved back it looked older than what was kept.
        if (drafts.waiting.has(mine) && !isLater(mine.made)) show();
        await turn(mine, outer);
      } finally {
        drafts.waiting.delete(mine);
      }
    },
    async set(items, signal) {
      const begun = cache.tick();
      let made = drafts.make(kept ?? {});
      if (!kept) await known;
      if (!isLater(made)) made = drafts.make(kept ?? {});
      const values = valuesOf(items, made);
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
