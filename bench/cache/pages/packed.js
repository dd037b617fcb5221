// Runs in the browser: the floor. All that the SDK's store keeps, in one record of IndexedDB, through idb-keyval: the same records as an
// array that the browser clones ('clone') or as one JSON string ('json'), or one JSON string with only the values of these profiles
// ('lean').
import { del, get, set } from 'idb-keyval';
import { begin, data, end, expectCount, sleep } from './pieces.js';

const forms = {
  clone: { to: (records) => records, from: (kept) => kept },
  json: { to: (records) => JSON.stringify(records), from: (kept) => JSON.parse(kept) },
  lean: { to: (records) => JSON.stringify(records.map(rowOf)), from: (kept) => JSON.parse(kept) },
};

function rowOf({ account, values, sequence, at }) {
  return [account, sequence, at, ...Object.values(values)];
}

/** Resolves to the ms until they are on disk. */
export async function write({ count, form, keep }) {
  const records = await data('records', count);
  // Opens the database, and creates it the first time, before the clock starts.
  if ((await get(form)) && !keep) throw new Error('write: expected nothing kept before');
  const ms = await begin();
  await set(form, forms[form].to(records));
  const took = ms();
  await sleep(100);
  end();
  if (!keep) await del(form);
  return took;
}

/** Resolves to the ms until all records are read. */
export async function read({ count, form }) {
  const ms = await begin();
  const records = forms[form].from(await get(form));
  const took = ms();
  await sleep(100);
  end();
  expectCount('read', records.length, count);
  return took;
}

/** Writes one profile alone, many times. Resolves to the ms until each is on disk. */
export async function writeOne({ times }) {
  const [record] = await data('records', 1);
  await get('one');
  const took = [];
  for (let time = 0; time < times; time++) {
    const changed = { ...record, values: { ...record.values, Tag_Profile_IM_Nick: `changed ${time}` } };
    await sleep(10);
    const start = performance.now();
    await set('one', JSON.stringify(changed));
    took.push(performance.now() - start);
  }
  return took;
}

/** Sends recorded requests, with as many in flight as the SDK has, and reads the replies. */
export async function send({ sent }) {
  let next = 0;
  const worker = async () => {
    while (next < sent.length) {
      const { url, body } = sent[next++];
      const response = await fetch(url, { method: 'POST', body, headers: { 'Content-Type': 'text/plain;charset=UTF-8' } });
      const { UserProfileItem } = JSON.parse(await response.text());
      if (UserProfileItem.length === 0) throw new Error('send: expected accounts, got none');
    }
  };
  await begin();
  await Promise.all(Array.from({ length: 6 }, worker));
  end();
}
