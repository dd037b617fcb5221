import type { Session } from './session.js';

/** The sessions that this process remembers. What is forgotten begins anew with the next call of its page. */
export interface SessionLists {
  get(session: string): Session | undefined;
  add(owner: Owner, session: Session): void;
  /** Counts its entries anew; the sessions used longest ago go where there are too many. */
  used(session: string): void;
  forget(session: string): void;
}

export interface Owner {
  readonly session: string;
  readonly identifier: string;
}

interface Entry {
  readonly owner: Owner;
  readonly session: Session;
  size: number;
}

const mostEntries = 1_000_000;
const mostOfACaller = 20;

/** `onForgotten` is called with each session that is forgotten. */
export function createSessionLists(onForgotten: (session: Session) => void): SessionLists {
  /** The one used longest ago first. */
  const entries = new Map<string, Entry>();
  const byCaller = new Map<string, Set<string>>();
  let size = 0;

  const forget = (id: string): void => {
    const entry = entries.get(id);
    if (!entry) return;
    entries.delete(id);
    size -= entry.size;
    const { identifier } = entry.owner;
    const own = byCaller.get(identifier);
    own?.delete(id);
    if (own?.size === 0) byCaller.delete(identifier);
    onForgotten(entry.session);
  };

  const used = (id: string): void => {
    const entry = entries.get(id);
    if (!entry) return;
    entries.delete(id);
    entries.set(id, entry);
    const own = byCaller.get(entry.owner.identifier);
    if (own?.delete(id)) own.add(id);
    size += entry.session.size() - entry.size;
    entry.size = entry.session.size();
    for (const oldest of entries.keys()) {
      if (size <= mostEntries) break;
      forget(oldest);
    }
  };

  return {
    get: (id) => entries.get(id)?.session,
    add(owner, session) {
      const own = byCaller.get(owner.identifier) ?? new Set();
      byCaller.set(owner.identifier, own.add(owner.session));
      entries.set(owner.session, { owner, session, size: 0 });
      used(owner.session);
      // One user cannot make the server forget the sessions of the others.
      for (const oldest of own) {
        if (own.size <= mostOfACaller) break;
        forget(oldest);
      }
    },
    used,
    forget,
  };
}
