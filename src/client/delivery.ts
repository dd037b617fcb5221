import { until } from '../kit/abort.js';
import { isRetryable } from '../wire/codes.js';
import { ApiError } from '../wire/errors.js';
import type { Tag } from '../wire/tags.js';
import type { Core } from './core.js';
import type { Drafts } from './drafts.js';
import type { Outbox, Settled, Values } from './outbox.js';
import { itemsOf, merged, pick, tagsOf, timesOf } from './outbox.js';

/** What is sent in one turn. */
export interface Way {
  /** What was kept when it began, and whether that is sure. */
  readonly values: Values;
  readonly sure: boolean;
  readonly signal: AbortSignal;
  /** Whether something was sent in this turn already. */
  begun: boolean;
  /** What has its answer so far: it is taken out of the outbox in the end. */
  readonly settled: Record<string, number>;
}

/** Sends the viewer's own updates, one page at a time, and says what has its answer. */
export interface Delivery {
  /** These updates have their answer, and are drafts no more, here and in other tabs; `refusal` is the error of those that were refused. */
  settle(values: Values, refusal?: Partial<ApiError>): Settled;
  /** Runs a task when those before it are done and while no other page is sending. `patient` gives the disk more time. */
  inTurn<T>(outer: readonly (AbortSignal | undefined)[], patient: boolean, task: (way: Way) => Promise<T>): Promise<T>;
  /** Sends what `values` gives when its time comes, and has no answer yet; then all that it gives has one. */
  send(values: () => Values, way: Way): Promise<void>;
  /** Sends what is unsent from before the updates of this page that wait, unless another page has. */
  sendOlder(way: Way): Promise<void>;
}

export interface DeliveryOptions extends Pick<Core, 'settings' | 'cache' | 'store' | 'own' | 'tabs' | 'life'> {
  readonly drafts: Drafts;
  readonly outbox: Outbox;
}

/** An update that another page told of may not be on disk for so long, in ms. */
const tellingMs = 1000;

export function createDelivery({ settings, cache, store, own, tabs, life, drafts, outbox }: DeliveryOptions): Delivery {
  const { identifier, now } = settings;

  const settle = (values: Values, refusal?: Partial<ApiError>): Settled => {
    const settled = timesOf(values);
    drafts.settle(settled, refusal ? 'rollback' : 'update');
    const record = cache.kept(identifier);
    // With what is true now, or they would show what was true before.
    tabs.tell({ settled, refused: refusal?.reply, records: record ? [record] : [] });
    return settled;
  };

  const inTurn = <T>(outer: readonly (AbortSignal | undefined)[], patient: boolean, task: (way: Way) => Promise<T>): Promise<T> =>
    until({ ms: undefined, outer }, (signal) =>
      own.inTurn(async () => {
        signal.throwIfAborted();
        const settled: Way['settled'] = {};
        const found = await outbox.claim(signal, patient);
        try {
          signal.throwIfAborted();
          return await task({ ...found, signal, begun: false, settled });
        } finally {
          // Nobody needs to wait for it: what this page does next on the disk is done after it.
          void outbox.release(settled).then(() => {
            // A closed client leaves nothing open: the next page goes on.
            if (life.aborted) store.close();
          });
        }
      }),
    );

  const send: Delivery['send'] = async (values, way) => {
    const { signal, settled } = way;
    let left = drafts.open(values());
    if (tagsOf(left).length === 0) return;
    if (way.begun) {
      // Each has the whole time for itself; should it have run out, another page may have sent this one.
      const found = await outbox.claim(signal, false);
      left = drafts.open(pick(values(), (tag, made) => !found.sure || (found.values[tag]?.made ?? -1) >= made));
    }
    way.begun = true;
    if (tagsOf(left).length > 0) await own.send(itemsOf(left), signal, cache.tick());
    Object.assign(settled, settle(values()));
  };

  /** Sends what is kept, all at once; what is refused so is sent again, one update at a time, lest one takes others with it. */
  const sendKept = async (values: Values, way: Way): Promise<void> => {
    try {
      await send(() => values, way);
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

  const sendOlder = async (way: Way): Promise<void> => {
    const { values, sure } = way;
    // Rather by two pages than by none.
    const kept = sure ? values : merged(drafts.values(), values);
    const times = [...drafts.waiting].map(({ made }) => made);
    // What is not there any more has had its answer from another page, while this one did not listen.
    const isGone = (tag: Tag, made: number): boolean => sure && !kept[tag] && !times.includes(made) && made <= now() - tellingMs;
    drafts.settle(timesOf(pick(drafts.values(), isGone)), 'tab');
    drafts.add(kept, 'tab');
    await sendKept(
      pick(drafts.open(kept), (_, made) => made < Math.min(...times)),
      way,
    );
  };

  return { settle, inTurn, send, sendOlder };
}

/** Whether the server refused the update itself; a usersig that has expired, or a server that is busy, says nothing of it. */
function isRefused(error: unknown): error is ApiError {
  return error instanceof ApiError && error.code >= 40000 && error.code < 50000 && !isRetryable('portrait_set', error.code);
}
