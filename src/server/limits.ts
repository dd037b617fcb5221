type Clock = () => number;

export interface BucketOptions {
  /** How many at once. */
  readonly size: number;
  /** How long it takes an empty bucket to be full again. */
  readonly refillMs: number;
  readonly now: Clock;
}

/** A token bucket: `size` at once, and over time no more than come back. */
export interface Bucket {
  /** Whether there is one to spend. */
  has(): boolean;
  /** Spends one, there or not: who goes on regardless waits longer. */
  spend(): void;
}

export function createBucket({ size, refillMs, now }: BucketOptions): Bucket {
  let tokens = size;
  let at = now();
  const refill = (): void => {
    const time = now();
    // A clock that is set back gives nothing, and takes nothing.
    tokens = Math.min(size, tokens + (Math.max(0, time - at) * size) / refillMs);
    at = time;
  };
  return {
    has() {
      refill();
      return tokens >= 1;
    },
    spend() {
      refill();
      tokens = Math.max(-size, tokens - 1);
    },
  };
}

/** A bucket for each key, made when it is first spent from. */
export interface Buckets {
  has(key: string): boolean;
  spend(key: string): void;
}

const rememberedKeys = 10_000;

/** Remembers the `rememberedKeys` keys that spent last. */
export function createBuckets(options: BucketOptions): Buckets {
  const buckets = new Map<string, Bucket>();
  return {
    has: (key) => buckets.get(key)?.has() ?? true,
    spend(key) {
      const bucket = buckets.get(key) ?? createBucket(options);
      bucket.spend();
      buckets.delete(key);
      buckets.set(key, bucket);
      if (buckets.size > rememberedKeys) forgetOldest(buckets);
    },
  };
}

export function forgetOldest(map: Map<string, unknown>): void {
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}

/** What an address counts as: an IPv6 network of 64 bits is one customer's, who may use every address of it. */
export function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  if (!plain.includes(':')) return plain;
  const [head = '', tail] = plain.toLowerCase().split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail ? tail.split(':') : [];
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  const groups = [...before, ...Array<string>(zeros).fill('0'), ...after];
  return groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':');
}
