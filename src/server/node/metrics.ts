import type { Registry } from 'prom-client';
import type { Answered, Observer } from '../observer.js';

export interface Metrics {
  readonly observer: Observer;
  /** Everything counted up to a second ago, as Prometheus reads it. */
  text(): Promise<string>;
  readonly contentType: string;
}

type Prometheus = typeof import('prom-client');

let sharedRegistry: Registry | undefined;

/** The process's own figures, collected once for all its servers: prom-client cannot stop collecting them. */
function ofProcess({ Registry, collectDefaultMetrics }: Prometheus): Registry {
  if (!sharedRegistry) {
    sharedRegistry = new Registry();
    collectDefaultMetrics({ register: sharedRegistry });
  }
  return sharedRegistry;
}

const name = 'webim_profile';
const seconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
/** Making the text takes about a millisecond, and anyone who reaches the port may ask for it: it is made once a second at most. */
const textMs = 1000;
const signatureCodes = { from: 70001, to: 70014 };

/** Counts requests. Rejects where the package prom-client is not installed. */
export async function createMetrics(): Promise<Metrics> {
  const prometheus = await import('prom-client');
  const { Counter, Gauge, Histogram, Registry } = prometheus;
  const registry = new Registry();
  const registers = [registry];
  const requests = new Counter({ name: `${name}_requests_total`, help: 'Requests answered', labelNames: ['command', 'code'], registers });
  const inFlight = new Gauge({ name: `${name}_requests_in_flight`, help: 'Requests under way, without what is held open', registers });
  const refused = new Counter({
    name: `${name}_refused_total`,
    help: 'Requests answered 60007: over a rate limit, over the number under way, too many refused usersigs',
    labelNames: ['reason'],
    registers,
  });
  const usersigs = new Counter({ name: `${name}_usersig_failures_total`, help: 'Usersigs refused', labelNames: ['code'], registers });
  const duration = new Histogram({
    name: `${name}_request_duration_seconds`,
    help: 'Time from the head of a request to its answer',
    labelNames: ['command'],
    buckets: seconds,
    registers,
  });
  const streams = new Gauge({ name: `${name}_streams_open`, help: 'Live streams and held calls open', registers });
  const watched = new Gauge({ name: `${name}_watched_accounts`, help: 'Accounts watched by live streams, each once', registers });
  const deliveries = new Counter({ name: `${name}_deliveries_total`, help: 'Changes told to live streams', registers });
  const lag = new Histogram({
    name: `${name}_delivery_lag_seconds`,
    help: 'Time from the hint that an account changed to the event of a stream',
    buckets: seconds,
    registers,
  });
  const unread = new Counter({ name: `${name}_live_read_failures_total`, help: 'Reads for live streams that failed', registers });
  let underWay = 0;
  let held = 0;
  // Each series starts at 0, before its first event.
  for (const reason of ['rate', 'overload', 'signatures']) refused.inc({ reason }, 0);
  const shared = ofProcess(prometheus);

  const observer: Observer = {
    began: () => inFlight.set(++underWay - held),
    answered({ command, code, durationMs, refusal }: Answered) {
      inFlight.set(--underWay - held);
      requests.inc({ command, code });
      // How long a stream is open says nothing of how fast calls are answered.
      if (command !== 'portrait_watch' && command !== 'openim/longpolling') duration.observe({ command }, durationMs / 1000);
      if (refusal) refused.inc({ reason: refusal });
      if (code >= signatureCodes.from && code <= signatureCodes.to) usersigs.inc({ code });
    },
    live(figures) {
      held = figures.streams;
      inFlight.set(underWay - held);
      streams.set(held);
      watched.set(figures.watched);
    },
    delivered({ items, lagMs }) {
      deliveries.inc(items);
      lag.observe(lagMs / 1000);
    },
    failed: () => unread.inc(),
  };
  let made: { readonly text: Promise<string>; readonly at: number } | undefined;
  const make = async (): Promise<string> => `${await registry.metrics()}${await shared.metrics()}`;
  return {
    observer,
    text() {
      const now = performance.now();
      if (!made || now - made.at >= textMs) made = { text: make(), at: now };
      return made.text;
    },
    contentType: registry.contentType,
  };
}
