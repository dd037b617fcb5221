import type { Hub } from '../live/hub.js';
import type { Session } from './session.js';

/** The sessions that the hub tells of changes. */
export interface JoinedSessions {
  /** The LongPollingId that a session joined with; undefined for one that has not joined. */
  pollId(session: Session): string | undefined;
  /** Joins the hub, or stays in it. `pollId` was verified. */
  join(session: Session, pollId: string): void;
  /** To be called when a poll has ended: the session stays until it was without a poll for a while, so that the next poll reads nothing. */
  linger(session: Session): void;
  leave(session: Session): void;
  /** All leave, and those whose polls end later. */
  close(): void;
}

interface Joined {
  readonly pollId: string;
  readonly leave: () => void;
  timer?: ReturnType<typeof setTimeout>;
}

const lingerMs = 70_000;

/** `onLeft` is called when one has left. */
export function createJoinedSessions(hub: Hub, onLeft: () => void): JoinedSessions {
  const joined = new Map<Session, Joined>();
  let isClosed = false;

  const leave = (session: Session): void => {
    const found = joined.get(session);
    if (!found) return;
    joined.delete(session);
    clearTimeout(found.timer);
    found.leave();
    session.release();
    onLeft();
  };

  return {
    pollId: (session) => joined.get(session)?.pollId,
    join(session, pollId) {
      clearTimeout(joined.get(session)?.timer);
      if (!joined.has(session)) joined.set(session, { pollId, leave: hub.join(session) });
    },
    linger(session) {
      const found = joined.get(session);
      clearTimeout(found?.timer);
      if (isClosed) leave(session);
      else if (found) found.timer = setTimeout(leave, lingerMs, session);
    },
    leave,
    close() {
      isClosed = true;
      for (const session of [...joined.keys()]) leave(session);
    },
  };
}
