/** Which accounts were written. */
export interface Hint {
  readonly sdkAppID: number;
  readonly accounts: readonly string[];
}

/** Called with the hints of other processes; `missed` where some may have been lost: any account may have changed. */
export type OnHint = (hint: Hint | 'missed') => void;

/**
 * Carries hints between the processes that share a store (docs/protocol.md §9). A hint may be lost, doubled or late: the store is the
 * truth, and its numbers are polled besides.
 */
export interface Bus {
  /** Tells the other processes, but not the listeners of this end. Returns at once and never throws. */
  publish(hint: Hint): void;
  /** Returns its undo. A listener that throws does not stop the others. */
  subscribe(onHint: OnHint): () => void;
  /** Whether hints arrive at present. While they do not, numbers are polled more often. */
  isConnected(): boolean;
  /** Sends what waits, then ends the connection. Nothing is told or sent afterwards; a second call does nothing more. */
  close(): Promise<void>;
}

/** A bus inside one process: each caller gets an end of its own, and hears the others. */
export function createLocalBus(): () => Bus {
  const ends = new Set<HintListeners>();

  return () => {
    const own = createHintListeners();
    ends.add(own);
    return {
      publish(hint) {
        if (ends.has(own)) for (const listeners of ends) if (listeners !== own) listeners.tell(hint);
      },
      subscribe: own.add,
      isConnected: () => true,
      async close() {
        ends.delete(own);
        own.clear();
      },
    };
  };
}

/** Who listens at one end of a bus. */
export interface HintListeners {
  /** Returns its undo. */
  add(onHint: OnHint): () => void;
  tell(hint: Hint | 'missed'): void;
  count(): number;
  clear(): void;
}

export function createHintListeners(): HintListeners {
  const all = new Set<OnHint>();

  return {
    add(onHint) {
      all.add(onHint);
      return () => void all.delete(onHint);
    },
    tell(hint) {
      for (const onHint of all) {
        try {
          onHint(hint);
        } catch {
          // The other listeners hear it all the same. A hint that had no effect is like a lost one.
        }
      }
    },
    count: () => all.size,
    clear: () => all.clear(),
  };
}
