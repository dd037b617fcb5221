// Random schedules of writes, watchers and faults on several servers of one store: afterwards every watcher knows what the store has.
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Bus, ProfileServer, ProfileStore } from '../../src/server.js';
import { createLocalBus, createMemoryStore, createProfileServer, signUserSig } from '../../src/server.js';
import { app } from '../support/server.js';

const nick = 'Tag_Profile_IM_Nick';
const accounts = ['a', 'b', 'c', 'd', 'e'];
const runs = Number(process.env['PROPERTY_RUNS'] ?? 120);
const seed = Number(process.env['PROPERTY_SEED'] ?? 13);

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] }));
afterEach(() => void vi.useRealTimers());

/** Lets everything run that waits for no timer: usersigs are verified outside of the event loop. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 12; turn++) await new Promise((resolve) => setImmediate(resolve));
}

async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 250) {
    await vi.advanceTimersByTimeAsync(250);
    await settle();
  }
}

/** Lets the time pass until the promise has settled. */
async function during<T>(promise: Promise<T>): Promise<T> {
  let isSettled = false;
  const settled = (): void => {
    isSettled = true;
  };
  promise.then(settled, settled);
  await settle();
  while (!isSettled) {
    await vi.advanceTimersByTimeAsync(20);
    await settle();
  }
  return promise;
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

  async open(server: ProfileServer, list: readonly string[], usersig: string): Promise<void> {
    const UserItem = list.map((account) => ({ To_Account: account, StandardSequence: this.held.get(account)?.number ?? 0 }));
    const body = { From_Account: 'admin', TagList: [nick], UserItem, ...(this.#epoch !== undefined && { Epoch: this.#epoch }) };
    const query = new URLSearchParams({ sdkappid: String(app.sdkAppID), identifier: 'admin', usersig });
    const answered = server.fetch(
      new Request(`http://localhost/v4/profile/portrait_watch?${query}`, {
        method: 'POST',
        headers: { Accept: 'text/event-stream' },
        body: JSON.stringify(body),
      }),
    );
    const response = await during(answered);
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

const account = fc.constantFrom(...accounts);
const watcher = fc.nat({ max: 3 });
const server = fc.nat({ max: 2 });
const list = fc.subarray(accounts, { minLength: 1 });
const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('set' as const), account, server }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('delete' as const, 'create' as const), account, server }) },
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
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

class World {
  readonly store: ProfileStore = createMemoryStore();
  readonly #watchers = [new Watcher(), new Watcher(), new Watcher(), new Watcher()];
  readonly #bus = { hints: 'come' as 'come' | 'are lost' | 'come twice' };
  readonly #newEnd = createLocalBus();
  readonly #servers: ProfileServer[];
  readonly #usersig: string;
  #values = 0;
  #reads = 0;

  readonly #slowStore: boolean;

  constructor(usersig: string, slowStore: boolean) {
    this.#usersig = usersig;
    this.#slowStore = slowStore;
    this.#servers = [0, 1, 2].map(() => this.#newServer());
  }

  #newServer(): ProfileServer {
    const { store } = this;
    // A read may take a while, and what it found may be old when it comes.
    const read: ProfileStore['read'] = async (...args) => {
      const found = await store.read(...args);
      if (this.#slowStore) await new Promise((resolve) => setTimeout(resolve, 20 + 60 * (++this.#reads % 2)));
      return found;
    };
    const bus = unreliable(this.#newEnd(), this.#bus);
    return createProfileServer({ ...app, admins: ['admin'], store: { ...store, read }, bus });
  }

  #post(index: number, path: string, body: object): Promise<unknown> {
    const query = new URLSearchParams({ sdkappid: String(app.sdkAppID), identifier: 'admin', usersig: this.#usersig });
    const request = new Request(`http://localhost/v4/${path}?${query}`, { method: 'POST', body: JSON.stringify(body) });
    return (this.#servers[index] as ProfileServer).fetch(request).then((response) => response.json());
  }

  async do(one: Step): Promise<void> {
    switch (one.do) {
      case 'set': {
        const ProfileItem = [{ Tag: nick, Value: `v${++this.#values}` }];
        void this.#post(one.server, 'profile/portrait_set', { From_Account: one.account, ProfileItem });
        break;
      }
      case 'create':
        void this.#post(one.server, 'im_open_login_svc/account_import', { Identifier: one.account });
        break;
      case 'delete':
        void this.#post(one.server, 'im_open_login_svc/account_delete', { DeleteItem: [{ UserID: one.account }] });
        break;
      case 'watch': {
        const watcher = this.#watchers[one.watcher] as Watcher;
        await watcher.open(this.#servers[one.server] as ProfileServer, one.list, this.#usersig);
        break;
      }
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
        this.#servers[one.server] = this.#newServer();
        break;
      case 'renew':
        await this.store.renewEpoch();
        break;
      case 'bus':
        this.#bus.hints = one.hints as 'come';
        break;
      case 'pass':
        await pass(one.ms);
    }
    await settle();
  }

  /** No more faults: everyone reads, whoever was cut comes back, and the next poll passes. */
  async endFaults(): Promise<void> {
    this.#bus.hints = 'come';
    for (let round = 0; round < 2; round++) {
      for (const [index, watcher] of this.#watchers.entries()) {
        watcher.isSlow = false;
        watcher.read();
        await settle();
        if (watcher.list.length > 0 && !watcher.isOpen())
          await watcher.open(this.#servers[index % 3] as ProfileServer, watcher.list, this.#usersig);
      }
      await pass(12_000);
    }
  }

  /** Many writes at once, while some readers are slow: a second later everyone knows, without a poll. */
  async burst(): Promise<void> {
    for (const [index, watcher] of this.#watchers.entries()) watcher.isSlow = index % 2 === 0;
    for (let round = 0; round < 4; round++) {
      for (const [index, account] of accounts.entries()) await this.do({ do: 'set', account, server: (index + round) % 3 });
      await vi.advanceTimersByTimeAsync(15);
    }
    for (const watcher of this.#watchers) {
      watcher.isSlow = false;
      watcher.read();
    }
    await pass(1000);
  }

  /** A new watcher knows everything within a second, and that it does. */
  async expectReady(): Promise<void> {
    for (const server of this.#servers) {
      const watcher = new Watcher();
      this.#watchers.push(watcher);
      await watcher.open(server, accounts, this.#usersig);
      await pass(500);
      expect(watcher.readies).toBe(1);
    }
  }

  async expectAllEqual(): Promise<void> {
    const { profiles } = await this.store.read(app.sdkAppID, accounts);
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

test('after any schedule every watcher knows what the store has', { timeout: 300_000 }, async () => {
  const usersig = await signUserSig({ ...app, identifier: 'admin', expire: 86_400 * 30 });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 25 }), fc.boolean(), async (steps, slowStore) => {
      const world = new World(usersig, slowStore);
      await world.store.create(app.sdkAppID, ['admin', ...accounts.slice(0, 3)]);
      for (const one of steps) await world.do(one);
      await world.endFaults();
      await world.expectAllEqual();
      await world.burst();
      await world.expectAllEqual();
      await world.expectReady();
      await world.expectAllEqual();
      world.close();
    }),
    { numRuns: runs, seed },
  );
});
