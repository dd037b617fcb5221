// The demo's server: the profile server of this package, the pages, and a service that signs usersigs.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { serveStatic } from '@hono/node-server/serve-static';
import { Hono } from 'hono';
import { createPortraitClient } from '../dist/esm/index.js';
import { listen, openSqliteStore } from '../dist/esm/server/node/index.js';
import { createProfileServer, signUserSig } from '../dist/esm/server.js';
import { drawAvatar } from './avatar.mjs';
import { demoAdmin, demoUsers, documentAccount } from './users.mjs';

const sdkAppID = 1400000000;
const oneDay = 86_400;
const pathOf = (path) => fileURLToPath(new URL(path, import.meta.url));

const vendorFiles = {
  'jquery.min.js': 'jquery/dist/jquery.min.js',
  'bootstrap.bundle.min.js': 'bootstrap/dist/js/bootstrap.bundle.min.js',
  'bootstrap.min.css': 'bootstrap/dist/css/bootstrap.min.css',
  'bootstrap-table.min.js': 'bootstrap-table/dist/bootstrap-table.min.js',
  'bootstrap-table.min.css': 'bootstrap-table/dist/bootstrap-table.min.css',
  'bootstrap-table-zh-CN.min.js': 'bootstrap-table/dist/locale/bootstrap-table-zh-CN.min.js',
};

/** Pages and API on one socket: what `npm start` runs. */
export async function startDemo({ port = 0, host = '127.0.0.1', databasePath, secretKey }) {
  const api = await openApi({ databasePath, secretKey });
  const pages = createPages({
    host,
    secretKey,
    endpoint: '',
    fetch: (url, init) => api.fetch(new Request(new URL(url, 'http://demo'), init)),
  });
  pages.all('/v4/*', (c) => api.fetch(c.req.raw, c.env));
  return listenOr(api, { port, host, fetch: async (request, connection) => pages.fetch(request, connection) });
}

/** The API on its own socket. */
export async function startApi({ port = 0, host = '127.0.0.1', databasePath, secretKey }) {
  const api = await openApi({ databasePath, secretKey });
  return listenOr(api, { port, host, fetch: api.fetch });
}

/** The pages on their own socket, for an API at `apiEndpoint`. */
export function startPages({ port = 0, host = '127.0.0.1', apiEndpoint, secretKey }) {
  const pages = createPages({ host, secretKey, endpoint: apiEndpoint, fetch });
  return listen({ port, host, fetch: async (request) => pages.fetch(request) });
}

async function listenOr({ endStreams, close }, options) {
  const listening = await listen(options).catch(async (error) => {
    await close();
    throw error;
  });
  const stop = async () => {
    endStreams();
    await listening.stop();
    await close();
  };
  return { url: listening.url, stop };
}

async function openApi({ databasePath, secretKey }) {
  const store = openSqliteStore(databasePath);
  await seed(store);
  const server = createProfileServer({ sdkAppID, secretKey, store, admins: [demoAdmin] });
  return { fetch: server.fetch, endStreams: server.close, close: () => store.close() };
}

/** Creates the demo users that do not exist yet; changed profiles stay as they are. */
async function seed(store) {
  const names = demoUsers.map((user) => user.identifier);
  await store.create(sdkAppID, [documentAccount]);
  const { profiles: existing } = await store.read(sdkAppID, names);
  for (const { identifier, values } of demoUsers.filter((user) => !existing.has(user.identifier))) {
    await store.create(sdkAppID, [identifier]);
    await store.write(sdkAppID, identifier, values);
  }
}

function createPages({ host, secretKey, endpoint, fetch }) {
  const app = new Hono();
  const sign = (identifier) => signUserSig({ sdkAppID, secretKey, identifier, expire: oneDay });
  const client = createPortraitClient({
    sdkAppID,
    endpoint,
    fetch,
    identifier: 'id1',
    userSig: () => sign('id1'),
    store: 'memory',
    tabs: false,
    timeout: 2_000,
  });
  app.use(headers(endpoint));
  // The administrator may change every account, so only this machine itself gets a usersig for it. The host name in the request
  // is checked too: otherwise a web page whose name resolves to this machine could ask.
  const admin = (c) => (isLocal(host) && isLocal(new URL(c.req.url).hostname) ? demoAdmin : undefined);
  app.get('/demo/users', async (c) => c.json({ sdkAppID, endpoint, admin: admin(c), users: await listUsers(client) }));
  app.get('/demo/usersig', async (c) => {
    const identifier = c.req.query('identifier');
    const signedFor = [admin(c), ...demoUsers.map((user) => user.identifier)];
    if (!identifier || !signedFor.includes(identifier)) return c.json({ error: 'no demo user of this name' }, 404);
    return c.json({ sdkAppID, identifier, userSig: await sign(identifier), endpoint }, 200, { 'Cache-Control': 'no-store' });
  });
  serveFiles(app);
  return app;
}

function isLocal(host) {
  return ['127.0.0.1', 'localhost', '::1', '[::1]'].includes(host);
}

/** The demo users as they are now, or as they were created while the API is down. */
async function listUsers(client) {
  const asMade = ({ identifier, values }) => ({ identifier, nick: values.Tag_Profile_IM_Nick, image: values.Tag_Profile_IM_Image });
  try {
    await client.getProfilePortrait({
      To_Account: demoUsers.map((user) => user.identifier),
      TagList: ['Tag_Profile_IM_Nick', 'Tag_Profile_IM_Image'],
    });
  } catch {
    return demoUsers.map(asMade);
  }
  return demoUsers.map(({ identifier }) => {
    const { nick = '', image = '' } = client.peek(identifier) ?? {};
    return { identifier, nick, image };
  });
}

function headers(endpoint) {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    // bootstrap-table writes style attributes.
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: http: https:",
    "font-src 'self' data:",
    `connect-src 'self' ${endpoint}`.trim(),
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
  return async (c, next) => {
    await next();
    // Replies of the API have their own headers.
    if (c.req.path.startsWith('/v4/')) return;
    c.header('Content-Security-Policy', policy);
    c.header('X-Content-Type-Options', 'nosniff');
    c.header('Referrer-Policy', 'no-referrer');
    if (!c.res.headers.has('Cache-Control')) c.header('Cache-Control', 'no-cache');
  };
}

function serveFiles(app) {
  app.get('/avatars/:file{id\\d+\\.svg}', (c) => {
    const number = Number(c.req.param('file').slice(2, -4));
    return c.body(drawAvatar(number), 200, { 'Content-Type': 'image/svg+xml' });
  });
  app.get('/vendor/:file', async (c, next) => {
    const path = Object.hasOwn(vendorFiles, c.req.param('file')) ? vendorFiles[c.req.param('file')] : undefined;
    if (!path) return next();
    const type = path.endsWith('.css') ? 'text/css' : 'text/javascript';
    return c.body(await readFile(pathOf(`../node_modules/${path}`)), 200, { 'Content-Type': `${type}; charset=utf-8` });
  });
  // The documents' examples, from their only copy.
  app.get('/examples/:file{00[0-3]-(?:get|set)-request-\\d\\.json}', async (c, next) => {
    const text = await readFile(pathOf(`../test/fixtures/${c.req.param('file')}`), 'utf8').catch(() => undefined);
    return text === undefined ? next() : c.body(text, 200, { 'Content-Type': 'application/json; charset=utf-8' });
  });
  app.get('/dist/*', serveStatic({ root: pathOf('..') }));
  app.get('/favicon.ico', (c) => c.redirect('/favicon.svg'));
  app.get('/', serveStatic({ path: pathOf('index.html') }));
  // The pages' own files; those of the server (.mjs) are not served.
  app.get('/:file{[a-z0-9-]+\\.(?:html|js|css|svg)}', serveStatic({ root: pathOf('.') }));
}
