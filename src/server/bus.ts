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
  /** Tells the other processes. Returns at once and never throws. */
  publish(hint: Hint): void;
  /** Returns its undo. */
  subscribe(onHint: OnHint): () => void;
  /** Whether hints arrive at present. While they do not, numbers are polled more often. */
  isConnected(): boolean;
  close(): Promise<void>;
}

/** A bus inside one process: each caller gets an end of its own, and hears the others. */
export function createLocalBus(): () => Bus {
  const ends = new Set<Set<OnHint>>();

  return () => {
    const own = new Set<OnHint>();
    ends.add(own);
    return {
      publish(hint) {
        for (const listeners of ends) if (listeners !== own) for (const onHint of [...listeners]) onHint(hint);
      },
      subscribe(onHint) {
        own.add(onHint);
        return () => void own.delete(onHint);
      },
      isConnected: () => true,
      async close() {
        ends.delete(own);
      },
    };
  };
}
