import type { Answer, Ask } from './exchange.js';

type Headers = Answer['headers'];

export interface Cors {
  /** The headers that let the page that asks read a reply, errors included. */
  headers(ask: Ask): Headers;
  /** The answer to a preflight. */
  preflight(ask: Ask): Answer;
}

const oneDay = '86400';
const headerNames = /^[\w\-, ]{1,1000}$/;

/** `origins`: the pages that may read replies; undefined for all of them. */
export function createCors(origins: readonly string[] | undefined): Cors {
  const anyone: Headers = { 'Access-Control-Allow-Origin': '*' };
  const nobody: Headers = { Vary: 'Origin' };
  const known = new Map<string, Headers>(
    (origins ?? []).map((origin) => [origin, { 'Access-Control-Allow-Origin': origin, Vary: 'Origin' }]),
  );
  const headers = (ask: Ask): Headers => (origins ? (known.get(ask.header('origin') ?? '') ?? nobody) : anyone);

  return {
    headers,
    preflight(ask) {
      const wanted = ask.header('access-control-request-headers') ?? '';
      const allowed = {
        'Access-Control-Allow-Methods': 'POST',
        'Access-Control-Allow-Headers': headerNames.test(wanted) ? wanted : 'Content-Type',
        'Access-Control-Max-Age': oneDay,
      };
      return { status: 204, headers: { ...headers(ask), ...allowed }, body: '' };
    },
  };
}
