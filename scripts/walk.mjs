// `node scripts/walk.mjs get|update [--names]` prints the files and functions of dist/esm that one getProfilePortrait through `webim`,
// or one updateProfile, runs until 300 ms after it. V8 counts them. Run `npm run build` first.
import { Session } from 'node:inspector/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';

await import('fake-indexeddb/auto');
const dist = pathToFileURL(fileURLToPath(new URL('../dist/esm/', import.meta.url))).href;
const { createProfileClient } = await import(`${dist}index.js`);
const webim = await import(`${dist}webim.js`);

const login = { sdkAppID: 1, identifier: 'me', userSig: 'x' };
const endpoint = 'http://walk.test';
let sequence = 1;

/** A server instead of a network. */
async function fetch(url, { body }) {
  const ok = { ActionStatus: 'OK', ErrorCode: 0, ErrorInfo: '', ErrorDisplay: '' };
  if (url.includes('portrait_set')) return Response.json({ ...ok, CurrentStandardSequence: ++sequence });
  const { To_Account, UserItem } = JSON.parse(body);
  const names = To_Account ?? UserItem.map((item) => item.To_Account);
  const item = (account) => ({
    To_Account: account,
    ProfileItem: [{ Tag: 'Tag_Profile_IM_Nick', Value: `n${sequence}` }],
    ResultCode: 0,
    ResultInfo: '',
    StandardSequence: sequence,
  });
  const lists = { Fail_Account: [], Invalid_Account: [] };
  return Response.json({ ...ok, UserProfileItem: names.map(item), CurrentStandardSequence: sequence, ...lists });
}

function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const walks = {
  async get() {
    await webim.login(login, {}, { fetch, endpoint });
    await webim.ready();
    const options = { To_Account: ['bob'], TagList: ['Tag_Profile_IM_Nick'] };
    return () => new Promise((resolve, reject) => webim.getProfilePortrait(options, resolve, reject));
  },
  async update() {
    const client = createProfileClient({ ...login, endpoint, fetch });
    await client.ready;
    await client.getProfile('me');
    return () => client.updateProfile({ nick: 'new' });
  },
};

const [which, flag] = process.argv.slice(2);
if (!(which in walks)) throw new TypeError(`walk: expected ${Object.keys(walks).join(' or ')}, got ${which}`);
const walk = await walks[which]();
await sleep(500);
const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
await walk();
await sleep(300);
const { result } = await session.post('Profiler.takePreciseCoverage');
const files = result
  .filter(({ url }) => url.startsWith(dist))
  .map(({ url, functions }) => {
    // The module itself begins at 0.
    const ran = functions.filter(({ ranges: [range] }) => range.count > 0 && range.startOffset !== 0);
    return { file: url.slice(dist.length), names: ran.map(({ functionName }) => functionName || '(anonymous)') };
  })
  .filter(({ names }) => names.length > 0);
if (flag === '--names') for (const { file, names } of files) process.stdout.write(`${file}: ${names.join(' ')}\n`);
const functions = files.reduce((sum, { names }) => sum + names.length, 0);
process.stdout.write(`${which}: ${files.length} files, ${functions} functions\n`);
process.exit();
