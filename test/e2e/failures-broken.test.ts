// A broken IndexedDB in one tab: its page still answers at once, and the other tab is not affected.
import { describe, expect, test } from 'vitest';
import { nickOf } from '../support/service.js';
import { expectWorking, failures } from './broken.js';
import { eventually, visitors } from './visitor.js';

const visitor = visitors();

describe.each(Object.entries(failures))('where %s', (_, first) => {
  test('the page works from memory and warns once, and the other tab still saves to disk', async () => {
    const { tab, kept } = await visitor(300);
    const [broken, sound] = [await tab({ first }), await tab()];
    await expectWorking(broken, sound);
    await eventually(() => kept('id1')).toBe('by the sound one');
    await eventually(() => broken.warnings.length).toBe(1);
    await broken.clear();
    expect(await broken.kept('u1')).toBe(undefined);
  });
});

test('without indexedDB the page works from memory, and does not warn', async () => {
  const { tab } = await visitor(300);
  const broken = await tab({ first: () => Object.defineProperty(window, 'indexedDB', { value: undefined }) });
  await expectWorking(broken, await tab());
  expect(broken.warnings).toEqual([]);
});

describe('the first getProfile is answered', () => {
  const hangs: Record<string, () => void> = {
    'the database never opens': () => {
      IDBFactory.prototype.open = () => new EventTarget() as IDBOpenDBRequest;
    },
    'the database opens, and never says what it holds': () => {
      for (const name of ['get', 'getAll', 'getAllKeys', 'openCursor'] as const) {
        IDBObjectStore.prototype[name] = () => new EventTarget() as never;
      }
    },
  };

  test.each(Object.entries(hangs))('before any time limit when %s', async (_, first) => {
    const { tab, context } = await visitor();
    // From here on, the test moves the clock of the pages.
    await context.clock.install();
    await context.clock.pauseAt(Date.now() + 60_000);
    const hanging = await tab({ first });
    await hanging.run(async ({ client }) => {
      void client.getProfile('u1').then(({ nick = '' }) => {
        document.title = nick;
      });
    });
    await context.clock.runFor(250);
    await eventually(() => hanging.page.title()).toBe(nickOf('u1'));
    await context.clock.resume();
    expect(await (await tab()).get('u2')).toBe(nickOf('u2'));
  });

  test.each(Object.entries(hangs))('and ready settles, with one warning at most, when %s', async (_, first) => {
    const { tab } = await visitor(300);
    await expectWorking(await tab({ first }), await tab());
  });

  test('while another page holds the database in a transaction that does not end', async () => {
    const { tab, blank, kept } = await visitor();
    await (await tab()).get('u1');
    await eventually(() => kept('u1')).toBe(nickOf('u1'));
    const beside = await blank();
    await beside.evaluate(
      () =>
        new Promise<void>((resolve) => {
          indexedDB.open('webim-profile').onsuccess = ({ target }) => {
            const database = (target as IDBOpenDBRequest).result;
            const stores = [...database.objectStoreNames];
            const store = database.transaction(stores, 'readwrite').objectStore(stores[0] ?? '');
            const again = (): void => {
              if (document.title !== 'enough') store.count().onsuccess = again;
              resolve();
            };
            again();
          };
        }),
    );
    const one = await tab();
    expect(await one.get('u2')).toBe(nickOf('u2'));
    expect(await one.get('u1')).toBe(nickOf('u1'));
    await beside.evaluate(() => {
      document.title = 'enough';
    });
    await beside.close();
    const later = await tab();
    await later.get('u3');
    await eventually(() => kept('u3')).toBe(nickOf('u3'));
    expect(await kept('u1')).toBe(nickOf('u1'));
  });
});
