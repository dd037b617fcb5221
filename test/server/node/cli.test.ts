import type { ChildProcess } from 'node:child_process';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { settingsOfServe } from '../../../src/server/node/serve-settings.js';
import { signUserSig } from '../../../src/server.js';

const cli = fileURLToPath(new URL('../../../dist/esm/server/node/cli.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'webim-profile-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));

const app = { sdkAppID: 1400000000, secretKey: 'a-secret-nobody-may-see' };
const env = { PATH: process.env['PATH'], SDKAPPID: String(app.sdkAppID), SECRETKEY: app.secretKey, ADMINS: 'admin, root', PORT: '0' };
const nick = 'Tag_Profile_IM_Nick';

interface Running {
  readonly child: ChildProcess;
  readonly url: string;
  readonly output: () => string;
  readonly exit: Promise<number | null>;
}

async function start(extra: Record<string, string>, ...flags: string[]): Promise<Running> {
  const child = spawn(process.execPath, [cli, 'serve', ...flags], { env: { ...env, ...extra } });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  const exit = new Promise<number | null>((resolve) => child.on('exit', resolve));
  await expect.poll(() => output, { timeout: 20_000 }).toMatch(/serving http.*\n/);
  return { child, url: /http:\S+/.exec(output)?.[0] ?? '', output: () => output, exit };
}

async function post(url: string, command: string, body: object): Promise<Record<string, unknown>> {
  const query = new URLSearchParams({
    sdkappid: String(app.sdkAppID),
    identifier: 'admin',
    usersig: await signUserSig({ ...app, identifier: 'admin' }),
  });
  const response = await fetch(`${url}/v4/${command}?${query}`, { method: 'POST', body: JSON.stringify(body) });
  return (await response.json()) as Record<string, unknown>;
}

const setNick = (url: string, Value: string) =>
  post(url, 'profile/portrait_set', { From_Account: 'admin', ProfileItem: [{ Tag: nick, Value }] });

/** A module to import first: after it the package `name` is not found. */
function missing(name: string): string {
  const file = (text: string) => `data:text/javascript;base64,${Buffer.from(text).toString('base64')}`;
  const error = `Object.assign(new Error("Cannot find package '${name}'"), { code: 'ERR_MODULE_NOT_FOUND' })`;
  const isMeant = `name === '${name}' || name.startsWith('${name}/')`;
  const hooks = `export function resolve(name, context, next) { if (${isMeant}) throw ${error}; return next(name, context); }`;
  return file(`import { register } from 'node:module'; register('${file(hooks)}');`);
}

describe('webim-profile serve', () => {
  test('prints its URL in one line, serves, and keeps what it acknowledged after a clean stop and after kill -9', async () => {
    const database = { DATABASE_URL: `file:${join(folder, 'kept.db')}` };
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGKILL'] as const) {
      const server = await start(database);
      expect(await setNick(server.url, signal)).toMatchObject({ ErrorCode: 0 });
      server.child.kill(signal);
      expect(await server.exit).toBe(signal === 'SIGKILL' ? null : 0);
      expect(server.output()).toMatch(/^webim-profile: serving http:\/\/127\.0\.0\.1:\d+\n(\{.*\}\n)*$/);
    }
    const again = await start(database);
    const reply = await post(again.url, 'profile/portrait_get', { To_Account: ['admin'], TagList: [nick] });
    expect(reply).toMatchObject({ CurrentStandardSequence: 4, UserProfileItem: [{ ProfileItem: [{ Tag: nick, Value: 'SIGKILL' }] }] });
    again.child.kill('SIGTERM');
    await again.exit;
  });

  test('answers what is in flight when it is told to stop', async () => {
    const server = await start({ DATABASE_URL: `file:${join(folder, 'flight.db')}` });
    const replies = Array.from({ length: 40 }, (_, i) => setNick(server.url, `n${i}`).catch(() => ({ refused: true })));
    await replies[0];
    server.child.kill('SIGTERM');
    const answered = (await Promise.all(replies)).filter((reply) => !('refused' in reply));
    expect(await server.exit).toBe(0);
    expect(answered.every((reply) => 'ErrorCode' in reply && reply.ErrorCode === 0)).toBe(true);
    const again = await start({ DATABASE_URL: `file:${join(folder, 'flight.db')}` });
    const { CurrentStandardSequence } = await post(again.url, 'profile/portrait_get', { To_Account: ['admin'], TagList: [nick] });
    expect(CurrentStandardSequence).toBeGreaterThanOrEqual(answered.length);
    again.child.kill('SIGTERM');
    await again.exit;
  });

  test('logs a line for each request, without users, secrets, addresses or paths', async () => {
    const server = await start({ DATABASE_URL: ':memory:' });
    await setNick(server.url, 'n');
    await fetch(`${server.url}/healthz?usersig=TOPSECRET`);
    await expect.poll(() => server.output().split('\n').length).toBe(4);
    const [, ...lines] = server.output().trim().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      {
        time: expect.any(String),
        command: 'portrait_set',
        code: 0,
        accounts: 1,
        durationMs: expect.any(Number),
        bytesIn: expect.any(Number),
      },
      { command: 'healthz', code: 0 },
    ]);
    expect(lines.join('\n')).not.toMatch(/usersig|admin|TOPSECRET|127\.0\.0\.1|\/v4\//);
    expect(lines.join('\n')).not.toContain(app.secretKey);
    expect(await (await fetch(`${server.url}/metrics`)).text()).toContain('webim_profile_requests_total');
    await expect.poll(() => server.output()).toMatch(/"command":"metrics","code":0,.*"bytesOut":[1-9]/);
    server.child.kill('SIGTERM');
    await server.exit;
  });

  test('applies its settings for limits, log, metrics, origins and words', async () => {
    const server = await start({
      DATABASE_URL: ':memory:',
      RATE_LIMIT: '1',
      LOG: 'off',
      METRICS: 'off',
      CORS_ORIGINS: 'https://a.example, https://b.example',
      FORBIDDEN_WORDS: 'spam, eggs',
    });
    expect(await setNick(server.url, 'Eggs!')).toMatchObject({ ErrorCode: 40005 });
    const codes = await Promise.all(Array.from({ length: 20 }, async () => (await setNick(server.url, 'n'))['ErrorCode']));
    expect(codes).toContain(60007);
    const headers = { Origin: 'https://b.example' };
    const refused = await fetch(`${server.url}/metrics`, { headers });
    expect(refused.headers.get('access-control-allow-origin')).toBe('https://b.example');
    expect(await refused.json()).toMatchObject({ ErrorCode: 60009 });
    server.child.kill('SIGTERM');
    await server.exit;
    expect(server.output()).toMatch(/^webim-profile: serving \S+\n$/);
  });

  test('takes flags over variables, and a longer nick when it is set so', async () => {
    const server = await start({ NICK_MAX_BYTES: '64' }, '--nick-max-bytes', '500', '--database-url', ':memory:');
    expect(await setNick(server.url, 'x'.repeat(500))).toMatchObject({ ErrorCode: 0 });
    expect(await setNick(server.url, 'x'.repeat(501))).toMatchObject({ ErrorCode: 40604 });
    server.child.kill('SIGTERM');
    expect(await server.exit).toBe(0);
  });

  test('--memory keeps nothing on disk', async () => {
    const path = join(folder, 'never.db');
    const server = await start({ DATABASE_URL: `file:${path}` }, '--memory');
    expect(await setNick(server.url, 'n')).toMatchObject({ ErrorCode: 0, CurrentStandardSequence: 2 });
    server.child.kill('SIGTERM');
    expect(await server.exit).toBe(0);
    expect(existsSync(path)).toBe(false);
  });

  test('--memory together with another database is refused, and so is --memory with a value', () => {
    const both = 'webim-profile: --memory: expected no --database-url beside it, got both\n';
    expect(refused({}, 'serve', '--memory', '--database-url', 'file:x.db')).toEqual([2, both]);
    expect(refused({}, 'serve', '--memory=yes')).toEqual([2, 'webim-profile: --memory: expected no value, got one\n']);
  });

  const refused = (extra: Record<string, string | undefined>, ...args: string[]) => {
    const { status, stderr } = spawnSync(process.execPath, [cli, ...args], { env: { ...env, ...extra }, encoding: 'utf8' });
    return [status, stderr];
  };

  test.each([
    [{ SECRETKEY: undefined }, 'SECRETKEY (--secretkey): expected the secret key of the app, got nothing'],
    [{ SDKAPPID: 'x' }, 'SDKAPPID (--sdkappid): expected a whole number from 1 to 4294967295, got "x" (1 bytes)'],
    [{ PORT: '99999' }, 'PORT (--port): expected a whole number from 0 to 65535, got "99999" (5 bytes)'],
    [{ NICK_MAX_BYTES: '0' }, 'NICK_MAX_BYTES (--nick-max-bytes): expected a whole number from 1 to 500, got "0" (1 bytes)'],
    [{ RATE_LIMIT: '-1' }, 'RATE_LIMIT (--rate-limit): expected a whole number from 0 to 1000000, got "-1" (2 bytes)'],
    [{ TRUST_PROXY: 'yes' }, 'TRUST_PROXY (--trust-proxy): expected a whole number from 0 to 10, got "yes" (3 bytes)'],
    [{ LOG: 'text' }, 'LOG (--log): expected json | off, got "text" (4 bytes)'],
    [{ METRICS: '1' }, 'METRICS (--metrics): expected auto | on | off, got "1" (1 bytes)'],
    [
      { CORS_ORIGINS: 'https://a.example/' },
      'CORS_ORIGINS (--cors-origins): expected * or origins such as https://chat.example.com, https://*.example.com and capacitor://localhost, got "https://a.example/" (18 bytes)',
    ],
    [{ HOST: '' }, 'HOST (--host): expected an address to listen on, 0.0.0.0 for every interface, got an empty string'],
    [{ SECRETKEY: ', ' }, 'SECRETKEY (--secretkey): expected the secret key of the app, got nothing but commas'],
    [
      { RATE_LIMIT_PER_CALLER: 'x' },
      'RATE_LIMIT_PER_CALLER (--rate-limit-per-caller): expected a whole number from 0 to 1000000, got "x" (1 bytes)',
    ],
    [{ METRICS_PORT: 'x' }, 'METRICS_PORT (--metrics-port): expected a whole number from 0 to 65535, got "x" (1 bytes)'],
    ...[
      'postgres://me:hun/ter2@db/x',
      'postgres://me:12/hunter2@db/x',
      'postgres://me:1?hunter2@db/x',
      'postgres://me:h@unter2/3@db/x',
    ].map((DATABASE_URL): [Record<string, string>, string] => [
      { DATABASE_URL },
      DATABASE_URL.startsWith('postgres://me:hun/')
        ? 'DATABASE_URL (--database-url): expected file:<path>, postgres://… or :memory:, got a URL of scheme "postgres" (8 bytes)'
        : 'DATABASE_URL: expected the user, the password and the database to be percent-encoded, an @ as %40, a / as %2F, a ? as %3F, a # as %23, got an @ after the host',
    ]),
    [{ ADMINS: 'ok,ünser' }, 'ADMINS (--admins): expected an account of 1–32 bytes of printable ASCII, got "ünser" (6 bytes)'],
    [
      { DATABASE_URL: 'mysql://me:hunter2@db/x' },
      'DATABASE_URL (--database-url): expected file:<path>, postgres://… or :memory:, got a URL of scheme "mysql" (5 bytes)',
    ],
    [
      { DATABASE_URL: 'postgres://me:hunter2@db:port/x' },
      'DATABASE_URL (--database-url): expected file:<path>, postgres://… or :memory:, got a URL of scheme "postgres" (8 bytes)',
    ],
    ...['postgres://u:50%off@host/db', 'postgres://u:%ff@host/db', 'postgresql://5%:x@host/db'].map(
      (DATABASE_URL): [Record<string, string>, string] => [
        { DATABASE_URL },
        'DATABASE_URL: expected the user, the password and the database to be percent-encoded, a % as %25, got a % that begins no character',
      ],
    ),
    [{ DATABASE_POOL: '0' }, 'DATABASE_POOL (--database-pool): expected a whole number from 1 to 1000, got "0" (1 bytes)'],
    [{ DATABASE_TIMEOUT: '1' }, 'DATABASE_TIMEOUT (--database-timeout): expected a whole number from 100 to 600000, got "1" (1 bytes)'],
  ])('%j is refused, and the message repeats no secret', (extra, message) => {
    expect(refused(extra, 'serve')).toEqual([2, `webim-profile: ${message}\n`]);
  });

  test('unknown commands and flags are refused, and --help lists every setting', () => {
    expect(refused({}, 'server')).toEqual([
      2,
      'webim-profile: command: expected serve, profile portrait_set, profile portrait_get, account import, account delete, usersig, export, import, backup, restored, got something else; did you mean serve?\n',
    ]);
    const flags = settingsOfServe.map(({ flag }) => `--${flag}`).join(', ');
    const unknown = `webim-profile: serve: expected ${flags}, got another flag (after -- everything is an argument)`;
    expect(refused({}, 'serve', '--nope')).toEqual([2, `${unknown}\n`]);
    expect(refused({}, 'serve', '--databse-url=x')).toEqual([2, `${unknown}; did you mean --database-url?\n`]);
    expect(refused({}, 'serve', '--port', '--host')).toEqual([2, 'webim-profile: PORT (--port): expected a value, got none\n']);
    expect(refused({}, 'serve', 'now')).toEqual([2, 'webim-profile: serve: expected no arguments; see webim-profile serve --help\n']);
    const { stdout, status } = spawnSync(process.execPath, [cli, 'serve', '--help'], { encoding: 'utf8' });
    expect(status).toBe(0);
    for (const { flag, env: variable } of settingsOfServe) {
      expect(stdout).toContain(`--${flag} `);
      if (variable !== undefined) expect(stdout).toContain(` ${variable} `);
    }
  });

  test.each(['docs/server.md', 'docs/zh/server.md'])('%s lists every setting with its default, and no other', (name) => {
    const text = readFileSync(fileURLToPath(new URL(`../../../${name}`, import.meta.url)), 'utf8');
    const rows = text.split('\n').filter((line) => line.startsWith('| `'));
    for (const { flag, env: variable, fallback } of settingsOfServe) {
      const row = rows.find((line) => line.includes(`\`--${flag}\``) && (variable === undefined || line.includes(`\`${variable}\``)));
      expect(row?.includes(fallback ?? ''), variable).toBe(true);
    }
    const told = rows.flatMap((row) => row.split('|')[2]?.match(/(?<=`--)[\w-]+(?=`)/g) ?? []);
    expect(told.sort()).toEqual(settingsOfServe.map(({ flag }) => flag).sort());
  });

  test('a secret key in the wrong place is not repeated', () => {
    for (const args of [
      ['--secretkey=TOPSECRET', 'serve'],
      ['serve', 'TOPSECRET'],
      ['serve', '--secretkey', 'a', 'TOPSECRET'],
      ['serve', '--TOPSECRET'],
    ]) {
      const [status, stderr] = refused({}, ...args);
      expect([status, String(stderr).includes('TOPSECRET')]).toEqual([2, false]);
    }
  });

  test('a database needs its own package and no other', () => {
    const without = (name: string, DATABASE_URL: string) => refused({ DATABASE_URL, NODE_OPTIONS: `--import=${missing(name)}` }, 'serve');
    expect(without('libsql', 'file:x.db')).toEqual([
      1,
      'webim-profile: SQLite: expected the package libsql beside this one: npm install libsql\n',
    ]);
    const postgres = 'postgres://me:hunter2@127.0.0.1:1/x';
    expect(without('pg', postgres)).toEqual([1, 'webim-profile: PostgreSQL: expected the package pg beside this one: npm install pg\n']);
    const [status, stderr] = without('libsql', postgres);
    expect([status, String(stderr)]).toEqual([1, expect.stringMatching(/^webim-profile: PostgreSQL: .*ECONNREFUSED/)]);
  });

  test.each(['hono', '@hono/node-server'])('a missing %s is named, with the command that installs it', (name) => {
    expect(refused({ NODE_OPTIONS: `--import=${missing(name)}` }, 'serve', '--memory')).toEqual([
      1,
      `webim-profile: serve: expected the package ${name} beside this one: npm install hono @hono/node-server\n`,
    ]);
  });

  test('a port in use, and an address of another machine, give a plain message', async () => {
    const server = await start({}, '--memory');
    const { port } = new URL(server.url);
    const taken = `expected a free port, got ${port}, which another program listens on\n`;
    expect(refused({ PORT: port }, 'serve', '--memory')).toEqual([1, `webim-profile: PORT (--port): ${taken}`]);
    expect(refused({ METRICS_PORT: port }, 'serve', '--memory')).toEqual([1, `webim-profile: METRICS_PORT (--metrics-port): ${taken}`]);
    expect(refused({ HOST: '192.0.2.1' }, 'serve', '--memory')).toEqual([
      1,
      'webim-profile: HOST (--host): expected an address of this machine, got "192.0.2.1" (9 bytes)\n',
    ]);
    server.child.kill('SIGTERM');
    await server.exit;
  });

  test('METRICS_PORT: the metrics have a port of their own, and are not on the other', async () => {
    const server = await start({ METRICS_PORT: '0' }, '--memory');
    await expect.poll(server.output).toMatch(/metrics http:\S+\n/);
    const url = /metrics (\S+)\n/.exec(server.output())?.[1] ?? '';
    expect(new URL(url).port).not.toBe(new URL(server.url).port);
    expect(await (await fetch(url)).text()).toContain('webim_profile_requests_total');
    expect(await (await fetch(`${server.url}/metrics`)).json()).toMatchObject({ ErrorCode: 60009 });
    expect((await fetch(new URL('/v4/profile/portrait_get', url), { method: 'POST' })).status).toBe(404);
    server.child.kill('SIGTERM');
    expect(await server.exit).toBe(0);
  });

  test('SECRETKEY=new,old: usersigs of both keys are valid, the tools use the first, and the log has a hash of the caller', async () => {
    const hashes = new Set<string>();
    for (const [secretKey, SECRETKEY] of [
      ['old', 'old'],
      ['old', 'new,old'],
      ['new', 'new,old'],
    ] as const) {
      const server = await start({ SECRETKEY }, '--memory');
      const query = new URLSearchParams({
        sdkappid: String(app.sdkAppID),
        identifier: 'admin',
        usersig: await signUserSig({ ...app, secretKey, identifier: 'admin' }),
      });
      const body = JSON.stringify({ To_Account: ['admin'], TagList: [nick] });
      for (let index = 0; index < 2; index++) {
        const response = await fetch(`${server.url}/v4/profile/portrait_get?${query}`, { method: 'POST', body });
        expect(await response.json()).toMatchObject({ ErrorCode: 0 });
      }
      await expect.poll(() => server.output().match(/"caller":"[0-9a-f]{16}"/g)).toHaveLength(2);
      const found = new Set(server.output().match(/"caller":"[0-9a-f]{16}"/g));
      expect(found.size).toBe(1);
      for (const hash of found) hashes.add(`${SECRETKEY} ${hash}`);
      expect(server.output()).not.toMatch(/"admin"/);
      server.child.kill('SIGTERM');
      await server.exit;
    }
    // The key of the hash comes from the first secret, so two processes with the same first secret log the same hash.
    expect(hashes.size).toBe(2);
    const tool = spawnSync(process.execPath, [cli, 'usersig', 'admin'], { env: { ...env, SECRETKEY: 'new,old' }, encoding: 'utf8' });
    const server = await start({ SECRETKEY: 'new' }, '--memory');
    const query = new URLSearchParams({ sdkappid: String(app.sdkAppID), identifier: 'admin', usersig: tool.stdout.trim() });
    const response = await fetch(`${server.url}/v4/profile/portrait_get?${query}`, { method: 'POST', body: '{}' });
    expect(await response.json()).toMatchObject({ ErrorCode: 40001 });
    server.child.kill('SIGTERM');
    await server.exit;
  });

  test('RATE_LIMIT=0 turns off the limit of each user as well', async () => {
    const server = await start({ RATE_LIMIT: '0' }, '--memory');
    const query = new URLSearchParams({
      sdkappid: String(app.sdkAppID),
      identifier: 'id1',
      usersig: await signUserSig({ ...app, identifier: 'id1' }),
    });
    const body = JSON.stringify({ From_Account: 'id1', To_Account: ['id1'], TagList: [nick] });
    const ask = async () =>
      (await (await fetch(`${server.url}/v4/profile/portrait_get?${query}`, { method: 'POST', body })).json()) as { ErrorCode: number };
    const replies: number[] = [];
    for (let index = 0; index < 100; index++) replies.push((await ask()).ErrorCode);
    expect(new Set(replies)).toEqual(new Set([0]));
    server.child.kill('SIGTERM');
    await server.exit;
  });

  test('a database that cannot be opened gives a plain message', () => {
    const [status, stderr] = refused({ DATABASE_URL: `file:${join(folder, 'no', 'such', 'x.db')}` }, 'serve');
    expect([status, String(stderr).startsWith('webim-profile: ')]).toEqual([1, true]);
  });
});
