// Random schedules of writes, watchers and faults on several servers of one store: afterwards every watcher knows what the store has.
import fc from 'fast-check';
import { expect } from 'vitest';
import type { Bus, ProfileServer, ProfileStore } from '../../src/server.js';
import { createProfileServer, signUserSig } from '../../src/server.js';
import { Admin, accounts, nick, writeSteps } from './live-writes.js';
import { app } from './server.js';

/** How time passes: as it does, or by fake timers. */
export interface Time {
  /** Lets everything run that waits for no timer. */
  settle(): Promise<void>;
  pass(ms: number): Promise<void>;
  /** Lets the time pass until the promise has settled. */
  during<T>(promise: Promise<T>): Promise<T>;
}

export interface LiveWorldOptions {
  readonly time: Time;
  /** Opens the store once more, as another process would. */
  readonly openStore: () => Promise<ProfileStore>;
  /** Makes another end of the bus; undefined where the store has one of its own. */
  readonly newBus?: (() => Bus) | undefined;
  /** A read takes a while, and what it found may be old when it comes. */
  readonly isSlow?: boolean;
}

/** A bus that loses and doubles hints as long as it is told to. */
function unreliable(bus: Bus, state: { hints: 'come' | 'are lost' | 'come twice' }): Bus {
  return {
    ...bus,
    publish(hint) {
      if (state.hints === 'are lost') return;
      bus.publish(hint);
      if (state.hints === 'come twice') bus.publish(hint);
    },
  };
}

interface Item {
  readonly To_Account: string;
  readonly StandardSequence?: number;
  readonly ProfileItem?: readonly { readonly Value: string }[];
}

/** A watcher that keeps what it was told: the number and the nick of each account. */
class Watcher {
  readonly held = new Map<string, { number: number; nick: string | undefined }>();
  list: readonly string[] = [];
  readies = 0;
  /** What should not have been told. */
  readonly wrong: string[] = [];
  isSlow = false;
  #epoch: number | undefined;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #isReading = false;
  /** The numbers that the server may take for known: those of the request, and those it has sent since. */
  #told = new Map<string, number>();
  #toldEpoch: number | undefined;
  #text = '';

  isOpen(): boolean {
    return this.#reader !== undefined;
  }

  async open(admin: Admin, server: number, list: readonly string[], time: Time): Promise<void> {
    const UserItem = list.map((account) => ({ To_Account: account, StandardSequence: this.held.get(account)?.number ?? 0 }));
    const body = { From_Account: 'admin', TagList: [nick], UserItem, ...(this.#epoch !== undefined && { Epoch: this.#epoch }) };
    const response = await time.during(admin.post(server, 'profile/portrait_watch', body, { Accept: 'text/event-stream' }));
    const reader = response.body?.getReader();
    if (!response.headers.get('Content-Type')?.includes('event-stream') || !reader) throw new Error(await response.text());
    this.cut();
    this.#reader = reader;
    this.list = list;
    this.#told = new Map(UserItem.map(({ To_Account, StandardSequence }) => [To_Account, StandardSequence]));
    this.#toldEpoch = body.Epoch;
    this.read();
  }

  cut(): void {
    void this.#reader?.cancel();
    this.#reader = undefined;
    this.#isReading = false;
    this.#text = '';
  }

  /** Reads on, unless it is slow: then nothing is read until it is quick again. */
  read(): void {
    const reader = this.#reader;
    if (!reader || this.#isReading || this.isSlow) return;
    this.#isReading = true;
    void (async () => {
      while (!this.isSlow && this.#reader === reader) {
        const { done, value } = await reader.read();
        if (this.#reader !== reader) return;
        if (done) return this.cut();
        this.#text += new TextDecoder().decode(value);
        const blocks = this.#text.split('\n\n');
        this.#text = blocks.pop() ?? '';
        for (const block of blocks) this.#take(block);
      }
      this.#isReading = false;
    })();
  }

  #take(block: string): void {
    const json = JSON.parse(/^data: (.*)$/m.exec(block)?.[1] ?? '{}') as { UserProfileItem?: Item[]; Epoch?: number };
    if (/^event: ready$/m.test(block)) this.readies++;
    if (/^event: /m.test(block)) return;
    if (json.Epoch !== this.#epoch) for (const known of this.held.values()) known.number = 0;
    if (json.Epoch !== this.#toldEpoch && this.#toldEpoch !== undefined)
      for (const account of this.#told.keys()) this.#told.set(account, 0);
    this.#epoch = json.Epoch;
    this.#toldEpoch = json.Epoch;
    for (const { To_Account, StandardSequence = 0, ProfileItem } of json.UserProfileItem ?? []) {
      const before = this.#told.get(To_Account);
      // No event without a change, and no number goes back but with the epoch.
      if (before === undefined || StandardSequence <= before) this.wrong.push(`${To_Account}: ${StandardSequence} after ${before}`);
      this.#told.set(To_Account, StandardSequence);
      // What was read from an older stream may be newer.
      if (StandardSequence <= (this.held.get(To_Account)?.number ?? 0)) continue;
      this.held.set(To_Account, { number: StandardSequence, nick: ProfileItem?.[0]?.Value });
    }
  }
}

const watcher = fc.nat({ max: 3 });
const server = fc.nat({ max: 2 });
const list = fc.subarray(accounts, { minLength: 1 });
/** What happens, with the faults of a bus that a test can make. */
export const step = fc.oneof(
  ...writeSteps(3),
  { weight: 4, arbitrary: fc.record({ do: fc.constant('watch' as const), watcher, server, list }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('cut' as const, 'slow' as const, 'quick' as const), watcher }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const), server }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('renew' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('bus' as const), hints: fc.constantFrom('come', 'are lost', 'come twice' as const) }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(0, 250, 1000, 30_000) }) },
);
export type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Three servers of one store, and four watchers. */
export class LiveWorld {
  readonly #options: LiveWorldOptions;
  readonly #watchers = [new Watcher(), new Watcher(), new Watcher(), new Watcher()];
  readonly #bus = { hints: 'come' as 'come' | 'are lost' | 'come twice' };
  readonly #servers: ProfileServer[] = [];
  readonly #stores: ProfileStore[] = [];
  readonly #admin: Admin;
  #reads = 0;

  constructor(options: LiveWorldOptions, usersig: string) {
    this.#options = options;
    this.#admin = new Admin(this.#servers, usersig);
  }

  static async start(options: LiveWorldOptions): Promise<LiveWorld> {
    const world = new LiveWorld(options, await signUserSig({ ...app, identifier: 'admin', expire: 86_400 * 30 }));
    for (let index = 0; index < 3; index++) {
      world.#stores.push(await options.openStore());
      world.#servers.push(world.#newServer(index));
    }
    await world.#store.create(app.sdkAppID, ['admin', ...accounts.slice(0, 3)]);
    return world;
  }

  get #store(): ProfileStore {
    return this.#stores[0] as ProfileStore;
  }

  #newServer(index: number): ProfileServer {
    const { newBus, isSlow } = this.#options;
    const store = this.#stores[index] as ProfileStore;
    const read: ProfileStore['read'] = async (...args) => {
      const found = await store.read(...args);
      if (isSlow) await new Promise((resolve) => setTimeout(resolve, 20 + 60 * (++this.#reads % 2)));
      return found;
    };
    const bus = newBus ?? store.connectBus;
    return createProfileServer({ ...app, admins: ['admin'], store: { ...store, read }, bus: bus && unreliable(bus(), this.#bus) });
  }

  async do(one: Step): Promise<void> {
    const { time } = this.#options;
    switch (one.do) {
      case 'set':
      case 'create':
      case 'delete':
        this.#admin.write(one);
        break;
      case 'watch':
        await this.#watchers[one.watcher]?.open(this.#admin, one.server, one.list, time);
        break;
      case 'cut':
        this.#watchers[one.watcher]?.cut();
        break;
      case 'slow':
      case 'quick': {
        const watcher = this.#watchers[one.watcher] as Watcher;
        watcher.isSlow = one.do === 'slow';
        watcher.read();
        break;
      }
      case 'restart':
        this.#servers[one.server]?.close();
        this.#servers[one.server] = this.#newServer(one.server);
        break;
      case 'renew':
        await this.#store.renewEpoch();
        break;
      case 'bus':
        this.#bus.hints = one.hints as 'come';
        break;
      case 'pass':
        await time.pass(one.ms);
    }
    await time.settle();
  }

  /** No more faults: everyone reads, whoever was cut comes back, and the next poll passes. */
  async endFaults(): Promise<void> {
    const { time } = this.#options;
    this.#bus.hints = 'come';
    for (let round = 0; round < 2; round++) {
      for (const [index, watcher] of this.#watchers.entries()) {
        watcher.isSlow = false;
        watcher.read();
        await time.settle();
        if (watcher.list.length > 0 && !watcher.isOpen()) await watcher.open(this.#admin, index % 3, watcher.list, time);
      }
      await time.pass(12_000);
    }
  }

  /** Many writes at once, while some readers are slow: a second later everyone knows, without a poll. */
  async burst(): Promise<void> {
    const { time } = this.#options;
    for (const [index, watcher] of this.#watchers.entries()) watcher.isSlow = index % 2 === 0;
    for (let round = 0; round < 4; round++) {
      for (const [index, account] of accounts.entries()) await this.do({ do: 'set', account, server: (index + round) % 3 });
      await time.pass(15);
    }
    for (const watcher of this.#watchers) {
      watcher.isSlow = false;
      watcher.read();
    }
    await time.pass(1000);
  }

  /** A new watcher knows everything within a second, and that it does. */
  async expectReady(): Promise<void> {
    const { time } = this.#options;
    for (const server of this.#servers.keys()) {
      const watcher = new Watcher();
      this.#watchers.push(watcher);
      await watcher.open(this.#admin, server, accounts, time);
      await time.pass(500);
      expect(watcher.readies).toBe(1);
    }
  }

  async expectAllEqual(): Promise<void> {
    const { profiles } = await this.#store.read(app.sdkAppID, accounts);
    for (const watcher of this.#watchers) {
      expect(watcher.wrong).toEqual([]);
      for (const name of watcher.list) {
        const { number = 0, nick: shown } = watcher.held.get(name) ?? {};
        const stored = profiles.get(name);
        expect([name, number, shown]).toEqual([name, stored?.sequence ?? 0, stored?.values[nick]]);
      }
    }
  }

  close(): void {
    for (const server of this.#servers) server.close();
  }
}
