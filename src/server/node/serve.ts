import { describe } from '../../wire/describe.js';
import { createProfileServer } from '../app.js';
import type { Bus } from '../bus.js';
import type { Observer } from '../observer.js';
import type { ServeConfig } from './config.js';
import type { Listening, ListenOptions } from './listen.js';
import { listen } from './listen.js';
import { createLog } from './log.js';
import type { Metrics } from './metrics.js';
import { createMetrics } from './metrics.js';
import { notFound, withMetrics } from './metrics-endpoint.js';
import { needs } from './needs.js';
import { openStore } from './open-store.js';
import { serveSettings } from './serve-settings.js';
import type { Setting } from './setting.js';
import { ConfigError, wrongSetting } from './setting.js';

export interface Serving extends Listening {
  /** Where the figures are, if they have a port of their own. */
  readonly metricsUrl?: string;
}

/** Opens the database and serves. `stop` answers what is in flight, then closes the database. */
export async function serve(config: ServeConfig): Promise<Serving> {
  const { port, host, trustProxy, database, busUrl, log: logged, metrics: counted, metricsPort, ...rest } = config;
  const log = logged === 'json' ? createLog({ write: writeOut }) : undefined;
  const metrics = await openMetrics(counted, metricsPort);
  const bus = busUrl === undefined ? undefined : await openRedisBus(busUrl);
  const store = await openStore(database);
  const stops: (() => Promise<void>)[] = [() => store.close(), async () => bus?.close()];
  const stop = async (): Promise<void> => {
    for (const each of stops.splice(0).reverse()) await each();
    log?.flush();
  };
  const open = async (options: ListenOptions, setting: Setting): Promise<string> => {
    const listening = await listen(options).catch(inWords(options, setting));
    stops.push(listening.stop);
    return listening.url;
  };
  try {
    const observer = together(log, metrics?.observer);
    const { fetch, close } = createProfileServer({ ...rest, store, bus, observer });
    const apart = metrics && metricsPort !== undefined;
    const common = { host, trustProxy, onWarning: warn };
    const both = metrics && !apart ? withMetrics(fetch, metrics, observer) : fetch;
    const url = await open({ ...common, port, fetch: both, streams: rest.maxStreams }, serveSettings.port);
    // Before the listener stops: it waits for what is under way.
    stops.push(async () => close());
    if (!apart) return { url, stop };
    const figures = withMetrics(notFound, metrics, observer);
    const metricsUrl = await open({ ...common, port: metricsPort, fetch: figures }, serveSettings.metricsPort);
    return { url, metricsUrl: `${metricsUrl}/metrics`, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function openRedisBus(url: string): Promise<Bus> {
  const { createRedisBus } = await import('./redis-bus.js').catch(needs('Redis', '@redis/client'));
  return createRedisBus(url);
}

function warn(message: string): void {
  process.stderr.write(`webim-profile: ${message}\n`);
}

/** What the system calls by a code. */
function inWords({ port, host }: ListenOptions, setting: Setting): (error: unknown) => never {
  const words: Readonly<Record<string, ConfigError>> = {
    EADDRINUSE: wrongSetting(setting, 'a free port', `${port}, which another program listens on`),
    EACCES: wrongSetting(setting, 'a port that this user may listen on', `${port}`),
    EADDRNOTAVAIL: wrongSetting(serveSettings.host, 'an address of this machine', describe(host)),
    ENOTFOUND: wrongSetting(serveSettings.host, 'an address of this machine', describe(host)),
  };
  return (error) => {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    throw Object.hasOwn(words, code) ? new Error(words[code]?.message) : error;
  };
}

function writeOut(text: string): void {
  // The reader of the log may be gone; the server goes on.
  if (process.stdout.listenerCount('error') === 0) process.stdout.on('error', () => undefined);
  process.stdout.write(text);
}

/** Figures need prom-client, which may be missing: that is an error only where they were asked for. */
async function openMetrics(wanted: ServeConfig['metrics'], port: number | undefined): Promise<Metrics | undefined> {
  if (wanted === 'off') return undefined;
  try {
    return await createMetrics();
  } catch {
    if (wanted === 'auto' && port === undefined) return undefined;
    throw new ConfigError('METRICS (--metrics): expected the package prom-client to be installed, found none: npm install prom-client');
  }
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
    live(figures) {
      for (const observer of present) observer.live?.(figures);
    },
    delivered(delivered) {
      for (const observer of present) observer.delivered?.(delivered);
    },
    failed(cause) {
      for (const observer of present) observer.failed?.(cause);
    },
  };
}
