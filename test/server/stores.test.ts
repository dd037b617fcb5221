import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { createMemoryStore } from '../../src/server/memory-store.js';
import { openPostgresStore } from '../../src/server/node/postgres-store.js';
import { openSqliteStore } from '../../src/server/node/sqlite-store.js';
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
  test('has what it stored when it is opened again', async () => {
    const path = file();
    const first = openSqliteStore(path);
    await first.create(1, ['a']);
    await first.write(1, 'a', { Tag_Profile_IM_Nick: 'n' });
    await first.close();
    const second = openSqliteStore(path);
    expect(Object.fromEntries(await second.read(1, ['a']))).toEqual({ a: { sequence: 1, values: { Tag_Profile_IM_Nick: 'n' } } });
    await second.close();
  });

  test('two on one file see each other’s writes', async () => {
    const path = file();
    const [one, two] = [openSqliteStore(path), openSqliteStore(path)];
    await one.create(1, ['a']);
    expect([await one.write(1, 'a', {}), await two.write(1, 'a', {}), await one.write(1, 'a', {})]).toEqual([1, 2, 3]);
    await one.close();
    await two.close();
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
    expect(() => openSqliteStore(path)).toThrow(`${path}: expected a database of version 1 or older, got version 99`);
  });
});
