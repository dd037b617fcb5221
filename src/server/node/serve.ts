import { utf8Bytes } from '../../wire/bytes.js';
import type { ProfileServer } from '../app.js';
import { createProfileServer } from '../app.js';
import type { Observer } from '../observer.js';
import { observed } from '../observer.js';
import type { ServeConfig } from './config.js';
import type { Listening } from './listen.js';
import { listen } from './listen.js';
import { createLog } from './log.js';
import type { Metrics } from './metrics.js';
import { createMetrics } from './metrics.js';
import { openStore } from './open-store.js';
import { ConfigError } from './setting.js';

/** Opens the database and serves. `stop` answers what is in flight, then closes the database. */
export async function serve(config: ServeConfig): Promise<Listening> {
  const { port, host, trustProxy, database, log: logged, metrics: counted, ...rest } = config;
  const log = logged === 'json' ? createLog({ write: writeOut }) : undefined;
  const metrics = await openMetrics(counted);
  const store = await openStore(database);
  try {
    const observer = together(log, metrics?.observer);
    const { fetch } = createProfileServer({ ...rest, store, observer });
    const listening = await listen({ port, host, trustProxy, fetch: metrics ? withMetrics(fetch, metrics, observer) : fetch });
    return {
      url: listening.url,
      async stop() {
        await listening.stop();
        await store.close();
        log?.flush();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

function writeOut(text: string): void {
  // Whoever read the log may be gone; that is no reason to stop serving.
  if (process.stdout.listenerCount('error') === 0) process.stdout.on('error', () => undefined);
  process.stdout.write(text);
}

/** Figures need prom-client, which may be missing: that is an error only where they were asked for. */
async function openMetrics(wanted: ServeConfig['metrics']): Promise<Metrics | undefined> {
  if (wanted === 'off') return undefined;
  try {
    return await createMetrics();
  } catch {
    if (wanted === 'auto') return undefined;
    throw new ConfigError('METRICS (--metrics): expected the package prom-client to be installed, found none');
  }
}

function withMetrics(fetch: ProfileServer['fetch'], metrics: Metrics, observer: Observer | undefined): ProfileServer['fetch'] {
  const answer = observed(observer, async (_request, { trace }) => {
    trace.command = 'metrics';
    const text = await metrics.text();
    trace.bytesOut = utf8Bytes(text);
    return new Response(text, { headers: { 'Content-Type': metrics.contentType } });
  });
  // A URL is not made of every request, but of those alone that look like it.
  const isMeant = ({ url }: Request): boolean => url.includes('/metrics') && new URL(url).pathname === '/metrics';
  return (request, caller) => (isMeant(request) ? answer(request, caller) : fetch(request, caller));
}

function together(...observers: readonly (Observer | undefined)[]): Observer | undefined {
  const present = observers.filter((observer) => observer !== undefined);
  if (present.length < 2) return present[0];
  return {
    began() {
      for (const observer of present) observer.began?.();
    },
    answered(answered) {
      for (const observer of present) observer.answered(answered);
    },
  };
}
