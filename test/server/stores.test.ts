import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { createMemoryStore } from '../../src/server/memory-store.js';
import { openPostgresStore } from '../../src/server/node/postgres-store.js';
import { openSqliteStore } from '../../src/server/node/sqlite-store.js';
import type { Written } from '../../src/server/store.js';
import type { ProfileStore } from '../../src/server.js';
import { storeContract } from '../contract/store.js';
import type { TestPostgres } from '../support/postgres.js';
import { startPostgres } from '../support/postgres.js';

const folder = mkdtempSync(join(tmpdir(), 'webim-profile-'));
let files = 0;
const file = (): string => join(folder, `${++files}.db`);
let postgres: TestPostgres | undefined;
const database = async (): Promise<string> => {
  postgres ??= await startPostgres();
  return postgres.database();
};
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await postgres?.stop();
});

storeContract('the memory store', async () => createMemoryStore());
storeContract('the SQLite store', async () => openSqliteStore(file()));
storeContract('the SQLite store in memory', async () => openSqliteStore(':memory:'));
storeContract('the PostgreSQL store', async () => openPostgresStore({ url: await database() }));

describe('the SQLite store', () => {
  test('keeps what it stored when it is opened again', async () => {
    const path = file();
    const first = openSqliteStore(path);
    await first.create(1, ['a']);
    await first.write(1, 'a', { Tag_Profile_IM_Nick: 'n' });
    await first.close();
    const second = openSqliteStore(path);
    expect(Object.fromEntries((await second.read(1, ['a'])).profiles)).toEqual({
      a: { sequence: 2, values: { Tag_Profile_IM_Nick: 'n' } },
    });
    await second.close();
  });

  test('sees the writes of another store on the same file', async () => {
    const path = file();
    const [one, two] = [openSqliteStore(path), openSqliteStore(path)];
    await one.create(1, ['a', 'b']);
    const sequences = async (store: ProfileStore) => {
      const { profiles } = await store.read(1, ['a', 'b']);
      return ['a', 'b'].map((account) => profiles.get(account)?.sequence);
    };
    const write = async (store: ProfileStore) => ((await store.write(1, 'a', {})) as Written).sequence;
    for (let round = 1; round <= 3; round++) {
      const first = 3 * round - 1;
      expect([await write(one), await sequences(two), await sequences(one)]).toEqual([first, [first, 1], [first, 1]]);
      expect([await write(two), await sequences(one), await write(two)]).toEqual([first + 1, [first + 1, 1], first + 2]);
      for (const store of [one, two]) expect(await sequences(store)).toEqual([first + 2, 1]);
    }
    await one.close();
    await two.close();
  });

  test('caches rows within a bound, and reads thousands of big ones right', async () => {
    const store = openSqliteStore(file());
    const accounts = Array.from({ length: 3000 }, (_, i) => `u${i}`);
    const values = (account: string) =>
      Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`Tag_Profile_Custom_c${i}`, account.repeat(100)]));
    await store.restore(
      1,
      accounts.map((account, i) => ({ account, sequence: i + 1, values: values(account) })),
    );
    for (let start = 0; start < 6000; start += 100) {
      const some = accounts.slice(start % 3000, (start % 3000) + 100);
      const found = (await store.read(1, some)).profiles;
      expect(some.every((account) => found.get(account)?.values['Tag_Profile_Custom_c7'] === account.repeat(100))).toBe(true);
    }
    await store.close();
  });

  test('waits for another writer, and still reads meanwhile', async () => {
    const path = file();
    const { default: Database } = await import('libsql');
    const store = openSqliteStore(path);
    await store.create(1, ['a']);
    const other = new Database(path);
    other.exec('BEGIN IMMEDIATE; UPDATE profile SET sequence = 10');
    let written = false;
    const writing = store.write(1, 'a', {}).then((result) => {
      written = true;
      return (result as Written).sequence;
    });
    // Reads go on, and see the earlier state.
    for (let i = 0; i < 20; i++) expect((await store.read(1, ['a'])).profiles.get('a')?.sequence).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(written).toBe(false);
    other.exec('COMMIT');
    expect(await writing).toBe(11);
    other.close();
    await store.close();
  });

  test('finishes waiting writes before it closes', async () => {
    const path = file();
    const store = openSqliteStore(path);
    await store.create(1, ['a']);
    const writes = Array.from({ length: 10 }, () => store.write(1, 'a', {}));
    await store.close();
    expect((await Promise.all(writes)).map((written) => (written as Written).sequence)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  test('stores nothing of a batch with a bad profile, and the other writes succeed', async () => {
    const store = openSqliteStore(file());
    await store.create(1, ['a']);
    const bad = [
      { account: 'b', sequence: 1, values: {} },
      { account: 'c', sequence: 'x' as unknown as number, values: {} },
    ];
    const results = await Promise.allSettled([store.write(1, 'a', {}), store.restore(1, bad), store.write(1, 'a', {})] as const);
    expect(results.map((result) => (result.status === 'fulfilled' ? (result.value as Written).sequence : 'failed'))).toEqual([
      2,
      'failed',
      3,
    ]);
    expect((await store.list(1, '', 9)).map(({ account }) => account)).toEqual(['a']);
    await store.close();
  });

  test('says what is wrong with a file it cannot use', async () => {
    expect(() => openSqliteStore(join(folder, 'no', 'such', 'folder.db'))).toThrow();
    const path = file();
    const later = openSqliteStore(path);
    await later.close();
    const { default: Database } = await import('libsql');
    const db = new Database(path);
    db.exec('PRAGMA user_version = 99');
    db.close();
    expect(() => openSqliteStore(path)).toThrow(`${path}: expected a database of version 2 or older, got version 99`);
  });
});
