import type { ChangeEvent, PortraitClient } from '../index.js';
import { argumentError } from './argument-error.js';

/** The user was logged out, in this tab or another one. */
export interface LogoutEvent {
  readonly identifier: string;
}

/** The events of the classic door, by name. */
export type ClassicEvents = { change: ChangeEvent; logout: LogoutEvent };

/** The user who is logged in, with a client of their own. */
export interface Session {
  readonly client: PortraitClient;
  readonly identifier: string;
}

interface Registration {
  readonly name: string;
  readonly listener: unknown;
  /** Takes the listener off the client of each open session. */
  readonly undos: Map<Session, () => void>;
}

/** The session of the user who is logged in. */
export let current: Session | undefined;

const names: readonly string[] = ['change', 'logout'];
const registrations = new Set<Registration>();
const sessions = new Set<Session>();

/**
 * Calls `listener` at each event of that name, whoever is logged in, now or later. Returns its undo. Throws a ValidationError for a
 * name that is no event, and for a listener that is no function.
 */
export function on<Name extends keyof ClassicEvents>(name: Name, listener: (event: ClassicEvents[Name]) => void): () => void {
  check('on', name, listener);
  const registration: Registration = { name, listener, undos: new Map() };
  registrations.add(registration);
  for (const session of sessions) attach(registration, session);
  return () => remove(registration);
}

/** Undoes every `on` of that name with this listener. */
export function off<Name extends keyof ClassicEvents>(name: Name, listener: (event: ClassicEvents[Name]) => void): void {
  check('off', name, listener);
  for (const registration of registrations) if (registration.name === name && registration.listener === listener) remove(registration);
}

/** Opens a session: every listener hears of it until it is closed. */
export function openSession(session: Session): void {
  sessions.add(session);
  for (const registration of registrations) attach(registration, session);
}

/** Makes a session the current one, in place of the one before. */
export function enterSession(session: Session): void {
  if (current && current !== session) closeSession(current);
  current = session;
}

/** Closes a session's client; no listener hears of it any more. */
export function closeSession(session: Session): void {
  session.client.close();
  sessions.delete(session);
  for (const { undos } of registrations) undos.delete(session);
  if (current === session) current = undefined;
}

function attach({ name, listener, undos }: Registration, session: Session): void {
  const { client, identifier } = session;
  const call = listener as (event: unknown) => void;
  undos.set(session, name === 'change' ? client.on('change', call) : client.on('clear', () => call({ identifier })));
}

function remove(registration: Registration): void {
  for (const undo of registration.undos.values()) undo();
  registrations.delete(registration);
}

function check(command: string, name: string, listener: unknown): void {
  if (!names.includes(name)) throw argumentError(command, { at: 'name', expected: names.join(' or '), received: String(name) });
  const received = typeof listener;
  if (received !== 'function') throw argumentError(command, { at: 'listener', expected: 'a function', received });
}
