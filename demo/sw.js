// Caches the pages themselves, so that they open while the server is stopped. The SDK caches the profiles that they show.
const cacheName = 'webim-demo-1';
const files = [
  ['/', '/app.css', '/favicon.svg', '/dist/webim-profile.js'],
  [
    'app',
    'bytes',
    'dom',
    'event-log',
    'i18n',
    'people',
    'profile-view',
    'request-chart',
    'request-log',
    'request-panel',
    'request-words',
    'search-dialog',
    'session',
    'set-dialog',
    'sign-in',
    'texts',
  ].map((name) => `/${name}.js`),
  ['/classic.html', '/classic.css', '/classic-samples.js', '/classic-texts.js', '/classic.js', '/dist/webim.js'],
  [
    'jquery.min.js',
    'bootstrap.bundle.min.js',
    'bootstrap.min.css',
    'bootstrap-table.min.js',
    'bootstrap-table.min.css',
    'bootstrap-table-zh-CN.min.js',
  ].map((name) => `/vendor/${name}`),
].flat();

self.addEventListener('install', (event) => {
  self.skipWaiting();
  event.waitUntil(caches.open(cacheName).then((cache) => cache.addAll(files)));
});

self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

self.addEventListener('fetch', (event) => {
  const { method, url } = event.request;
  const { origin, pathname } = new URL(url);
  // The demo server's own paths and the API are never cached.
  if (method !== 'GET' || origin !== self.location.origin || /^\/(demo|v4)\//.test(pathname)) return;
  event.respondWith(networkFirst(event.request));
});

async function networkFirst(request) {
  const cache = await caches.open(cacheName);
  try {
    const response = await fetch(request);
    if (response.ok) await cache.put(request, response.clone());
    return response;
  } catch {
    return (await cache.match(request, { ignoreSearch: true })) ?? Response.error();
  }
}
