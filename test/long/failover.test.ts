// The primary is killed under load and its standby is promoted: every acknowledged set is still there.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AdminClient } from '../../src/server/node/index.js';
import { createAdminClient } from '../../src/server/node/index.js';
import { openPostgresStore } from '../../src/server/node/postgres-store.js';
import type { CliServer } from '../support/cli.js';
import { startCli } from '../support/cli.js';
import type { TestPostgres } from '../support/postgres.js';
import { startPostgres } from '../support/postgres.js';
import { app } from '../support/server.js';

let primary: TestPostgres;
let standby: TestPostgres;
let server: CliServer;
let admin: AdminClient;
let url: string;

const nick = 'Tag_Profile_IM_Nick';
const accounts = Array.from({ length: 40 }, (_, i) => `user${i}`);

beforeAll(async () => {
  primary = await startPostgres({ durable: true });
  // From now on the primary waits for the standby at every commit. The standby is a copy, so it has the setting too.
  await primary.query("ALTER SYSTEM SET synchronous_standby_names = 'standby'");
  standby = await primary.standby();
  const both = new URL(await primary.database());
  both.searchParams.set('host', `${primary.host},${standby.host}`);
  both.searchParams.set('port', `${primary.port},${standby.port}`);
  url = String(both);
  server = await startCli(url);
  admin = createAdminClient({ endpoint: server.url, ...app, identifier: 'admin' });
  await admin.multiAccountImport(accounts);
});
afterAll(async () => {
  await server?.end('SIGKILL');
  await standby?.stop();
  await primary?.stop();
});

interface Acknowledged {
  readonly account: string;
  readonly nick: string;
  readonly sequence: number;
  readonly epoch: unknown;
  readonly at: number;
}

interface Load {
  readonly acknowledged: Acknowledged[];
  /** Sets of each account that were not acknowledged. They may still have been stored. */
  readonly failed: Map<string, number>;
  stop(): Promise<void>;
}

/** Every account sets its nick again and again, one set after the other. */
function startLoad(): Load {
  const acknowledged: Acknowledged[] = [];
  const failed = new Map<string, number>();
  let going = true;
  const setOn = async (account: string): Promise<void> => {
    for (let i = 0; going; i++) {
      const reply = await server.setNick(account, `${i}`).catch(() => ({ ErrorCode: -1 }) as Record<string, unknown>);
      if (reply['ErrorCode'] === 0) {
        const { CurrentStandardSequence, Epoch } = reply;
        acknowledged.push({ account, nick: `${i}`, sequence: Number(CurrentStandardSequence), epoch: Epoch, at: performance.now() });
      } else {
        failed.set(account, (failed.get(account) ?? 0) + 1);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  };
  const all = Promise.all(accounts.map(setOn));
  return {
    acknowledged,
    failed,
    async stop() {
      going = false;
      await all;
    },
  };
}

test('no acknowledged set is lost in a failover, and sets succeed again within 10 s of the promotion', async () => {
  expect(await primary.query('SELECT sync_state FROM pg_stat_replication')).toEqual([{ sync_state: 'sync' }]);
  const before = await sequences();
  const load = startLoad();
  await expect.poll(() => load.acknowledged.length, { timeout: 60_000 }).toBeGreaterThan(2000);
  await primary.kill();

  // Before the promotion no set succeeds, but everything can be read.
  await expect.poll(() => load.failed.size, { timeout: 30_000 }).toBe(accounts.length);
  const read = await admin.portraitGet(accounts, [nick]);
  expect(read.filter(({ ok }) => ok).length).toBe(accounts.length);

  const acknowledgedBefore = load.acknowledged.length;
  await standby.query('ALTER SYSTEM RESET synchronous_standby_names');
  await standby.query('SELECT pg_reload_conf()');
  const promotedAt = performance.now();
  await standby.query('SELECT pg_promote()');
  await expect.poll(() => load.acknowledged.length, { timeout: 60_000, interval: 20 }).toBeGreaterThan(acknowledgedBefore);
  const recoveredMs = (load.acknowledged[acknowledgedBefore]?.at ?? Number.NaN) - promotedAt;
  const countOf = (account: string, from: number) => load.acknowledged.slice(from).filter((each) => each.account === account).length;
  await expect.poll(() => accounts.every((account) => countOf(account, acknowledgedBefore) > 0), { timeout: 60_000 }).toBe(true);
  await load.stop();
  console.info(
    `failover: ${acknowledgedBefore} sets acknowledged before and ${load.acknowledged.length - acknowledgedBefore} after; ` +
      `the first set ${Math.round(recoveredMs)} ms after the promotion was asked for`,
  );
  expect(recoveredMs).toBeLessThan(10_000);

  const profiles = await stored();
  for (const account of accounts) {
    const sets = load.acknowledged.filter((each) => each.account === account);
    const counted = (profiles.get(account)?.sequence ?? Number.NaN) - (before.get(account) ?? Number.NaN);
    expect(counted, account).toBeGreaterThanOrEqual(sets.length);
    expect(counted, account).toBeLessThanOrEqual(sets.length + (load.failed.get(account) ?? 0));
    // Numbers are unique, and none goes back.
    const numbers = sets.map(({ sequence }) => sequence);
    expect(numbers, account).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    expect(Number(profiles.get(account)?.values[nick]), account).toBeGreaterThanOrEqual(Number(sets.at(-1)?.nick));
  }
  // The standby has its primary's epoch.
  expect([...new Set(load.acknowledged.map(({ epoch }) => epoch))]).toEqual([expect.any(Number)]);
}, 240_000);

async function stored() {
  const store = await openPostgresStore({ url });
  try {
    return (await store.read(app.sdkAppID, accounts)).profiles;
  } finally {
    await store.close();
  }
}

async function sequences(): Promise<ReadonlyMap<string, number>> {
  return new Map([...(await stored())].map(([account, { sequence }]) => [account, sequence]));
}
