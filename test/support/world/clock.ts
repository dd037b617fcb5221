/** Something that happens at one moment. */
type Happening = () => unknown;

interface Due {
  readonly time: number;
  readonly what: Happening;
  readonly timer: boolean;
}

/**
 * Virtual time. Whatever happens in a world, timers included, waits in one queue and happens alone: the next thing
 * waits until every promise of the one before has run its course. So a schedule always plays the same way.
 */
export interface Clock {
  /** In ms since the world began. */
  time(): number;
  /** How many things have happened: the order of what shares a millisecond. */
  moment(): number;
  after(ms: number, what: Happening): void;
  /** Lets one thing happen now. */
  now(what: Happening): Promise<void>;
  /** Lets everything happen that is due, and what comes of it, until nothing is left. */
  runOut(): Promise<void>;
  /** Timers that are set and have not gone off. */
  timers(): number;
  /** Puts this clock in the place of the platform's timers, and an even number in that of chance. Returns its undo. */
  install(): () => void;
}

export interface ClockOptions {
  /** Called after each thing that happened. */
  readonly looked: () => void;
  /** How many turns of the platform's own loop it takes until everything has run its course: 1 where there are promises alone. */
  readonly turns: number;
}

const mostHappenings = 20_000;
const { setImmediate: nextTurn } = globalThis;

export function createClock({ looked, turns }: ClockOptions): Clock {
  const queue: Due[] = [];
  let time = 0;
  let moment = 0;

  const put = (ms: number | undefined, what: Happening, timer: boolean): Due => {
    const one = { time: time + Math.max(0, Number(ms) || 0), what, timer };
    let at = queue.length;
    while (at > 0 && (queue[at - 1]?.time ?? 0) > one.time) at--;
    queue.splice(at, 0, one);
    return one;
  };

  const now = async (what: Happening): Promise<void> => {
    if (++moment > mostHappenings) throw new Error(`the world does not come to rest: ${mostHappenings} things have happened`);
    await what();
    for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => nextTurn(resolve));
    looked();
  };

  return {
    time: () => time,
    moment: () => moment,
    after: (ms, what) => void put(ms, what, false),
    now,
    async runOut() {
      for (let next = queue.shift(); next; next = queue.shift()) {
        time = next.time;
        await now(next.what);
      }
    },
    timers: () => queue.filter(({ timer }) => timer).length,
    install() {
      const { setTimeout, clearTimeout } = globalThis;
      const { random } = Math;
      const forget = (one: unknown): void => {
        const at = queue.indexOf(one as Due);
        if (at >= 0) queue.splice(at, 1);
      };
      const set = (what: Happening, ms?: number): unknown =>
        Object.assign(
          put(ms, () => void what(), true),
          { unref: () => undefined },
        );
      Object.assign(globalThis, { setTimeout: set, clearTimeout: forget });
      let seed = 1;
      Math.random = () => {
        seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
        return seed / 2 ** 32;
      };
      return () => {
        Object.assign(globalThis, { setTimeout, clearTimeout });
        Math.random = random;
      };
    },
  };
}
