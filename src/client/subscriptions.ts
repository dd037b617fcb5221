import { guard } from '../kit/events.js';
import { longestMs, unref } from '../kit/timers.js';
import type { Cache } from './cache/index.js';

/** Listeners of single accounts: a change of one account calls that account's listeners and no others. */
export interface Subscriptions {
  /** Calls `listener` whenever the account's profile or status may have changed. Returns its undo. */
  add(account: string, listener: () => void): () => void;
  /** Calls the account's listeners. */
  notify(account: string): void;
  /** Calls the listeners of every account. */
  notifyAll(): void;
  close(): void;
}

interface Subscription {
  readonly listeners: Set<() => void>;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/** `staleIn` says in how many ms an account's entry becomes stale; 0 or less for an entry that is stale, or not there. */
export function createSubscriptions(cache: Cache, staleIn: (account: string) => number): Subscriptions {
  const subscriptions = new Map<string, Subscription>();

  const schedule = (account: string, subscription: Subscription): void => {
    clearTimeout(subscription.timer);
    const ms = staleIn(account);
    if (ms <= 0 || ms > longestMs) return;
    subscription.timer = setTimeout(() => notify(account), ms);
    unref(subscription.timer);
  };

  const notify = (account: string): void => {
    const subscription = subscriptions.get(account);
    if (!subscription) return;
    schedule(account, subscription);
    for (const listener of [...subscription.listeners]) guard(listener);
  };

  cache.subscribe((changes) => {
    for (const { account } of changes) notify(account);
  });

  return {
    notify,
    notifyAll() {
      for (const account of [...subscriptions.keys()]) notify(account);
    },
    add(account, listener) {
      const subscription = subscriptions.get(account) ?? { listeners: new Set(), timer: undefined };
      subscriptions.set(account, subscription);
      if (subscription.listeners.size === 0) schedule(account, subscription);
      // A function of its own for each call, so that the same listener given twice has two undos.
      const own = (): void => listener();
      subscription.listeners.add(own);
      return () => {
        if (!subscription.listeners.delete(own) || subscription.listeners.size > 0) return;
        clearTimeout(subscription.timer);
        subscriptions.delete(account);
      };
    },
    close() {
      for (const { timer } of subscriptions.values()) clearTimeout(timer);
      subscriptions.clear();
    },
  };
}
