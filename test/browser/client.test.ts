// Runs in Chromium with its own IndexedDB. The server runs inside the page.
import { afterEach, describe, expect, test } from 'vitest';
import { createIndexedDBStore } from '../../src/client/storage/index.js';
import type { ProfileClient, ProfileClientOptions } from '../../src/index.js';
import { createProfileClient } from '../../src/index.js';
import type { ProfileServer, ProfileStore } from '../../src/server.js';
import { createMemoryStore, createProfileServer, signUserSig } from '../../src/server.js';
import { nicksIn } from '../support/disk.js';

const nick = 'Tag_Profile_IM_Nick';
const opened: ProfileClient[] = [];
afterEach(() => {
  for (const client of opened.splice(0)) client.close();
});

let apps = 1000;
interface Page {
  readonly store: ProfileStore;
  readonly sdkAppID: number;
  readonly bodies: Record<string, unknown>[];
  client(options?: Partial<ProfileClientOptions>): ProfileClient;
}

async function page(count: number): Promise<Page> {
  const app = { sdkAppID: ++apps, secretKey: 'browser' };
  const store = createMemoryStore();
  const names = Array.from({ length: count }, (_, i) => `u${i}`);
  await store.create(app.sdkAppID, ['me', ...names]);
  for (const name of names) await store.write(app.sdkAppID, name, { [nick]: `Nick ${name} 昵称` });
  const server: ProfileServer = createProfileServer({ ...app, store });
  const bodies: Page['bodies'] = [];
  return {
    store,
    sdkAppID: app.sdkAppID,
    bodies,
    client(options = {}) {
      const made = createProfileClient({
        ...app,
        identifier: 'me',
        userSig: () => signUserSig({ ...app, identifier: 'me' }),
        fetch: (url, init) => {
          bodies.push(JSON.parse(String(init.body)) as Record<string, unknown>);
          return server.fetch(new Request(new URL(url, location.href), init));
        },
        ...options,
      });
      opened.push(made);
      return made;
    },
  };
}

/** Waits until this many accounts are on disk. */
const kept = ({ sdkAppID }: Page, count: number) => {
  const store = createIndexedDBStore({ sdkAppID, identifier: 'me', now: Date.now, onWarning: () => undefined });
  return expect.poll(async () => Object.keys(await nicksIn(store)).length, { timeout: 10_000 }).toBe(count);
};

describe('in a real browser', () => {
  test('1,000 profiles are restored after a reload, and revalidated in ten requests that return no data', async () => {
    const here = await page(1000);
    const names = Array.from({ length: 1000 }, (_, i) => `u${i}`);
    const before = here.client();
    await before.getProfiles(names);
    await kept(here, 1000);
    before.close();
    here.bodies.splice(0);

    const after = here.client();
    await after.ready;
    expect(names.every((name) => after.peek(name)?.nick === `Nick ${name} 昵称`)).toBe(true);
    expect(here.bodies).toEqual([]);
    await after.getProfilePortrait({
      To_Account: names,
      TagList: ['Tag_Profile_IM_Nick', 'Tag_Profile_IM_Gender', 'Tag_Profile_IM_AllowType', 'Tag_Profile_IM_Image'],
    });
    expect(here.bodies).toHaveLength(10);
    expect(here.bodies.every((body) => Array.isArray(body['UserItem']))).toBe(true);
  });

  test('two clients that write the same shards lose nothing', async () => {
    const here = await page(200);
    const [one, two] = [here.client(), here.client()];
    const names = Array.from({ length: 200 }, (_, i) => `u${i}`);
    await Promise.all([one.getProfiles(names.slice(0, 120)), two.getProfiles(names.slice(80))]);
    await kept(here, 200);
  });

  test('a database that was deleted, or has no store of ours, is created again without a warning', async () => {
    const here = await page(1);
    const warnings: string[] = [];
    const client = here.client({ onWarning: (message) => warnings.push(message) });
    await client.getProfile('u0');
    await kept(here, 1);
    // Our open connection does not block the deletion.
    await new Promise<void>((resolve, reject) => {
      const request = indexedDB.deleteDatabase('webim-profile');
      request.onsuccess = () => resolve();
      request.onblocked = () => reject(new Error('blocked'));
    });
    // A database of the same name without our store.
    await new Promise<void>((resolve) => {
      const request = indexedDB.open('webim-profile', 7);
      request.onupgradeneeded = () => request.result.createObjectStore('theirs');
      request.onsuccess = () => {
        request.result.close();
        resolve();
      };
    });
    await client.updateProfile({ nick: 'after all' });
    await kept(here, 1);
    const next = here.client();
    await next.ready;
    expect(next.peek('me')?.nick).toBe('after all');
    expect(warnings).toEqual([]);
  });

  test('records of another schema version are ignored', async () => {
    const here = await page(1);
    const first = here.client();
    await first.getProfile('u0');
    await kept(here, 1);
    first.close();
    await new Promise<void>((resolve) => {
      const request = indexedDB.open('webim-profile');
      request.onsuccess = () => {
        const store = request.result.transaction('shards', 'readwrite').objectStore('shards');
        const cursor = store.openCursor();
        cursor.onsuccess = () => {
          cursor.result?.update(String(cursor.result.value).replace('[4,', '[5,'));
          cursor.result?.continue();
        };
        store.transaction.oncomplete = () => {
          request.result.close();
          resolve();
        };
      };
    });
    const next = here.client();
    await next.ready;
    expect(next.peek('u0')).toBeUndefined();
    expect((await next.getProfile('u0')).nick).toBe('Nick u0 昵称');
  });
});
