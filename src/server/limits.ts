type Clock = () => number;

export interface BucketOptions {
  /** How many at once. */
  readonly size: number;
  /** How long it takes an empty bucket to be full again, in ms. */
  readonly refillMs: number;
  readonly now: Clock;
}

/** A token bucket: `size` at once, and over time no more than come back. */
export interface Bucket {
  /** How many there are to spend, fractions included. */
  left(): number;
  /** Spends one, or so many; what there is. */
  spend(count?: number): void;
}

export function createBucket({ size, refillMs, now }: BucketOptions): Bucket {
  const clock = neverBack(now);
  let tokens = size;
  let at = clock();
  const left = (): number => {
    const time = clock();
    tokens = Math.min(size, tokens + ((time - at) * size) / refillMs);
    at = time;
    return tokens;
  };
  return {
    left,
    spend(count = 1) {
      tokens = Math.max(0, left() - count);
    },
  };
}

/** A bucket for each key, made when it is first spent from. */
export interface Buckets {
  left(key: string): number;
  spend(key: string, count?: number): void;
}

const rememberedKeys = 10_000;

/** Remembers the `rememberedKeys` keys that spent last. */
export function createBuckets(options: BucketOptions): Buckets {
  const buckets = new Map<string, Bucket>();
  return {
    left: (key) => buckets.get(key)?.left() ?? options.size,
    spend(key, count) {
      const bucket = buckets.get(key) ?? createBucket(options);
      bucket.spend(count);
      buckets.delete(key);
      buckets.set(key, bucket);
      if (buckets.size > rememberedKeys) forgetOldest(buckets);
    },
  };
}

/** A sliding window: no more than `size` in any `ms` milliseconds. */
export interface Window {
  has(): boolean;
  spend(): void;
}

export function createWindow({ size, ms, now }: { readonly size: number; readonly ms: number; readonly now: Clock }): Window {
  const clock = neverBack(now);
  /** When the last `size` were spent, as a ring: `oldest` is overwritten next. */
  const times: number[] = [];
  let oldest = 0;
  return {
    has() {
      const time = times[oldest];
      return time === undefined || clock() - time >= ms;
    },
    spend() {
      times[oldest] = clock();
      oldest = (oldest + 1) % size;
    },
  };
}

/** A clock that stands still while the one it reads from goes back. */
function neverBack(now: Clock): Clock {
  let last = now();
  let elapsed = 0;
  return () => {
    const time = now();
    elapsed += Math.max(0, time - last);
    last = time;
    return elapsed;
  };
}

export function forgetOldest(map: Map<string, unknown>): void {
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}
