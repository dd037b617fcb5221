// Random schedules of writes, lists, cuts, stalled connections, restarts and restored databases: afterwards every client shows what the
// server has, and no event told of nothing.
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ChangeEvent, ProfileClient } from '../../../src/index.js';
import { createMemoryClient, live } from '../../../src/index.js';
import type { ProfileServer, ProfileStore } from '../../../src/server.js';
import { createMemoryStore, createProfileServer, signUserSig } from '../../../src/server.js';
import { Admin, accounts, nick, writeSteps } from '../../support/live-writes.js';
import { app } from '../../support/server.js';

const runs = Number(process.env['PROPERTY_RUNS'] ?? 60);
const seed = Number(process.env['PROPERTY_SEED'] ?? 14);
const real = globalThis.setImmediate;

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance', 'Date'] }));
afterEach(() => void vi.useRealTimers());

/** Lets everything run that waits for no timer: usersigs are verified outside of the event loop. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => real(resolve));
}

async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 250) {
    await vi.advanceTimersByTimeAsync(Math.min(250, ms - passed));
    await settle();
  }
}

/** The connections of one client, which can be cut and stalled. */
class Network {
  isStalled = false;
  readonly #open = new Set<() => void>();

  readonly #server: () => ProfileServer;

  constructor(server: () => ProfileServer) {
    this.#server = server;
  }

  readonly fetch = async (url: string, init: RequestInit): Promise<Response> => {
    const { signal, ...rest } = init;
    if (this.isStalled) await new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
    const response = await this.#server().fetch(new Request(url, rest));
    if (!response.headers.get('Content-Type')?.includes('event-stream')) return response;
    return new Response(this.#through(response, signal ?? undefined), { headers: response.headers });
  };

  #through(response: Response, signal: AbortSignal | undefined): ReadableStream<Uint8Array> {
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    return new ReadableStream({
      start: (controller) => {
        const cut = (): void => {
          this.#open.delete(cut);
          void reader.cancel();
          try {
            controller.error(new TypeError('cut'));
          } catch {
            // It has ended.
          }
        };
        this.#open.add(cut);
        signal?.addEventListener('abort', cut);
      },
      pull: async (controller) => {
        const { done, value } = await reader.read();
        // A connection that is stalled is open, and nothing comes any more.
        if (this.isStalled) return new Promise(() => undefined);
        if (done) controller.close();
        else controller.enqueue(value);
      },
    });
  }

  cut(): void {
    for (const cut of [...this.#open]) cut();
  }
}

const which = fc.nat({ max: 2 });
const step = fc.oneof(
  ...writeSteps(2),
  { weight: 4, arbitrary: fc.record({ do: fc.constant('watch' as const), which, list: fc.subarray(accounts, { minLength: 1 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('unwatch' as const, 'cut' as const, 'stall' as const, 'clear' as const), which }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const), server: fc.nat({ max: 1 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('renew' as const) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(0, 100, 1000, 35_000) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

class World {
  readonly store: ProfileStore = createMemoryStore();
  readonly #admin: Admin;
  readonly #servers: ProfileServer[];
  readonly #tabs: { client: ProfileClient; network: Network; undos: (() => void)[]; watched: Set<string>; events: ChangeEvent[] }[];

  constructor(usersig: string) {
    this.#servers = [this.#newServer(), this.#newServer()];
    this.#admin = new Admin(this.#servers, usersig);
    this.#tabs = [0, 1, 2].map((index) => {
      const network = new Network(() => this.#servers[index % 2] as ProfileServer);
      const client = createMemoryClient({
        ...app,
        endpoint: 'http://localhost',
        identifier: 'admin',
        userSig: usersig,
        fetch: network.fetch,
        tags: [nick],
        live,
      });
      const events: ChangeEvent[] = [];
      client.on('change', (event) => events.push(event));
      return { client, network, undos: [], watched: new Set(), events };
    });
  }

  #newServer(): ProfileServer {
    return createProfileServer({ ...app, admins: ['admin'], store: this.store });
  }

  /** Lets each server verify the usersig, which takes real time; the clock of the test stands still. */
  async warm(): Promise<void> {
    const body = { From_Account: 'admin', To_Account: ['a'], TagList: [nick] };
    for (const index of this.#servers.keys()) await this.#admin.post(index, 'profile/portrait_get', body);
  }

  async do(one: Step): Promise<void> {
    const tab = 'which' in one ? this.#tabs[one.which] : undefined;
    switch (one.do) {
      case 'set':
      case 'create':
      case 'delete':
        this.#admin.write(one);
        break;
      case 'watch':
        tab?.undos.push(tab.client.watch(one.list));
        for (const name of one.list) tab?.watched.add(name);
        break;
      case 'unwatch':
        for (const undo of tab?.undos.splice(0) ?? []) undo();
        tab?.watched.clear();
        break;
      case 'cut':
        tab?.network.cut();
        break;
      case 'stall':
        if (tab) tab.network.isStalled = true;
        break;
      case 'clear':
        await tab?.client.clear();
        break;
      case 'restart':
        this.#servers[one.server]?.close();
        this.#servers[one.server] = this.#newServer();
        await this.warm();
        break;
      case 'renew':
        await this.store.renewEpoch();
        break;
      case 'pass':
        await pass(one.ms);
    }
    await settle();
  }

  async endFaults(): Promise<void> {
    for (const { network } of this.#tabs) network.isStalled = false;
    // The watchdog, the longest pause, and the poll of the servers.
    await pass(61_000 + 31_000 + 11_000);
  }

  /** A second after a change everyone shows it; where they poll, after the next two calls. */
  async burst(): Promise<void> {
    for (const [index, name] of accounts.entries()) {
      await this.do({ do: 'create', account: name, server: index % 2 });
      await this.do({ do: 'set', account: name, server: (index + 1) % 2 });
    }
    await pass(this.#tabs.some(({ client }) => client.live === 'polling') ? 3000 : 1000);
  }

  async expectAllEqual(): Promise<void> {
    const { profiles } = await this.store.read(app.sdkAppID, accounts);
    for (const { client, watched, events } of this.#tabs) {
      expect(client.live).toMatch(watched.size > 0 ? /live|polling/ : 'off');
      for (const name of watched) {
        const stored = profiles.get(name);
        const isThere = stored?.deletedAt === undefined;
        expect([name, client.peek(name)?.nick]).toEqual([name, isThere ? (stored?.values[nick] as string | undefined) : undefined]);
        if (isThere && stored) expect(client.status(name)).toMatchObject({ sequence: stored.sequence, stale: false });
      }
      for (const { account: name, profile, previous, tags, sequence } of events) {
        const isChange = tags.length > 0 || !profile !== !previous || sequence !== undefined;
        expect(isChange && profile !== previous, `an event of ${name} that tells nothing`).toBe(true);
      }
    }
  }

  close(): void {
    for (const { client } of this.#tabs) client.close();
    for (const server of this.#servers) server.close();
  }
}

test('after any schedule every client shows what the server has', { timeout: 600_000 }, async () => {
  const usersig = await signUserSig({ ...app, identifier: 'admin', expire: 86_400 * 30 });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 20 }), async (steps) => {
      const world = new World(usersig);
      try {
        await world.store.create(app.sdkAppID, ['admin', ...accounts.slice(0, 3)]);
        await world.warm();
        for (const one of steps) await world.do(one);
        await world.endFaults();
        await world.expectAllEqual();
        await world.burst();
        await world.expectAllEqual();
      } finally {
        world.close();
      }
    }),
    { numRuns: runs, seed },
  );
});
