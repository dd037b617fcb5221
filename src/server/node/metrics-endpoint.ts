import { utf8Bytes } from '../../wire/bytes.js';
import type { ProfileServer } from '../app.js';
import type { Observer } from '../observer.js';
import { observed } from '../observer.js';
import type { Metrics } from './metrics.js';

type Fetch = ProfileServer['fetch'];

/** Answers `/metrics`, and leaves every other path to `fetch`. */
export function withMetrics(fetch: Fetch, metrics: Metrics, observer: Observer | undefined): Fetch {
  const answer = observed(observer, async (_request, { trace }) => {
    trace.command = 'metrics';
    const text = await metrics.text();
    trace.bytesOut = utf8Bytes(text);
    return new Response(text, { headers: { 'Content-Type': metrics.contentType } });
  });
  // Only a request that looks like it is worth a URL.
  const isMeant = ({ url }: Request): boolean => url.includes('/metrics') && new URL(url).pathname === '/metrics';
  return (request, connection) => (isMeant(request) ? answer(request, connection) : fetch(request, connection));
}

/** For a port that has nothing but `/metrics`. */
export async function notFound(): Promise<Response> {
  return new Response(null, { status: 404 });
}
