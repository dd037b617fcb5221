import type { Command } from '../wire/commands.js';
import { commandPaths } from '../wire/commands.js';

/** What the server reads of a URL's query. Of a parameter given twice the first counts; unknown ones are nobody's business. */
export interface Query {
  sdkappid?: string;
  identifier?: string;
  usersig?: string;
}

export interface Target {
  readonly path: string;
  readonly query: Query;
}

/** Splits path and query by hand: a URL and its search parameters would cost more than the rest of a request's head. */
export function readTarget(target: string): Target {
  // A proxy may ask for the absolute form: http://host/path.
  const start = target.charCodeAt(0) === slash ? 0 : Math.max(0, target.indexOf('/', target.indexOf('://') + 3));
  const mark = target.indexOf('?', start);
  if (mark < 0) return { path: target.slice(start), query: {} };
  return { path: target.slice(start, mark), query: readQuery(target.slice(mark + 1)) };
}

const slash = 0x2f;

function readQuery(text: string): Query {
  const query: Query = {};
  for (const part of text.split('&')) {
    const equals = part.indexOf('=');
    const name = decode(equals < 0 ? part : part.slice(0, equals));
    if (name === 'sdkappid' || name === 'identifier' || name === 'usersig')
      query[name] ??= equals < 0 ? '' : decode(part.slice(equals + 1));
  }
  return query;
}

function decode(text: string): string {
  const plain = text.includes('+') ? text.replaceAll('+', ' ') : text;
  if (!plain.includes('%')) return plain;
  try {
    return decodeURIComponent(plain);
  } catch {
    return plain;
  }
}

const commands: ReadonlyMap<string, Command> = /* @__PURE__ */ new Map(
  Object.entries(commandPaths).map(([command, path]) => [`/${path}`, command as Command]),
);

/** The command a path names. An endpoint with a slash at its end makes two of them: they count as one. */
export function commandAt(path: string): Command | undefined {
  return commands.get(path) ?? commands.get(path.replace(/\/{2,}/g, '/').replace(/\/$/, ''));
}
