import type { ChangeEvent, PortraitClient } from '../index.js';
import { argumentError } from './argument-error.js';

/** The user was logged out, in this tab or another one. */
export interface LogoutEvent {
  readonly identifier: string;
}

/** The events of `webim`, by name. */
export type ClassicEvents = { change: ChangeEvent; logout: LogoutEvent };

/** A user with a client of their own. */
export interface Session {
  readonly client: PortraitClient;
  readonly identifier: string;
  /** Whether a server has said that the user is this one. */
  isChecked: boolean;
}

interface Registration {
  readonly name: string;
  readonly listener: unknown;
  /** Takes the listener off the current session's client. */
  undo?: () => void;
}

/** The session that calls are made for. */
export let current: Session | undefined;
/** The session whose login is under way. It is the current one, too, where nobody was logged in. */
export let pending: Session | undefined;

const names: readonly string[] = ['change', 'logout'];
const registrations = new Set<Registration>();

/**
 * Calls `listener` at each event of that name, for the user who is logged in now and for later ones. Returns its undo. Throws a
 * ValidationError for an unknown name, and for a listener that is not a function.
 */
export function on<Name extends keyof ClassicEvents>(name: Name, listener: (event: ClassicEvents[Name]) => void): () => void {
  check('on', name, listener);
  const registration: Registration = { name, listener };
  registrations.add(registration);
  if (current) attach(registration, current);
  return () => remove(registration);
}

/** Undoes every `on` of that name with this listener. */
export function off<Name extends keyof ClassicEvents>(name: Name, listener: (event: ClassicEvents[Name]) => void): void {
  check('off', name, listener);
  for (const registration of registrations) if (registration.name === name && registration.listener === listener) remove(registration);
}

/** A login begins: the one that is under way, if any, is given up. */
export function beginLogin(session: Session): void {
  if (pending) closeSession(pending);
  pending = session;
}

/** A login has succeeded or failed. */
export function endLogin(session: Session): void {
  if (pending === session) pending = undefined;
}

/** Makes a session the current one, in place of the one before: every listener hears of it from now on. */
export function enterSession(session: Session): void {
  if (current === session) return;
  if (current) closeSession(current);
  current = session;
  for (const registration of registrations) attach(registration, session);
}

/** From now on nobody is logged in, and no login is under way. Returns who was logged in; the client is still open. */
export function leaveSession(): Session | undefined {
  const left = current;
  current = undefined;
  if (pending && pending !== left) closeSession(pending);
  pending = undefined;
  return left;
}

/** Closes a session's client: what is under way ends, and no listener hears of it any more. */
export function closeSession(session: Session): void {
  session.client.close();
  endLogin(session);
  if (current === session) current = undefined;
}

function attach(registration: Registration, session: Session): void {
  const { client, identifier } = session;
  const { name, listener } = registration;
  const call = listener as (event: unknown) => void;
  const onClear = (): void => {
    if (pending !== session) call({ identifier });
  };
  registration.undo = name === 'change' ? client.on('change', call) : client.on('clear', onClear);
}

function remove(registration: Registration): void {
  registration.undo?.();
  registrations.delete(registration);
}

function check(command: string, name: string, listener: unknown): void {
  if (!names.includes(name)) throw argumentError(command, { at: 'name', expected: names.join(' or '), received: String(name) });
  const received = typeof listener;
  if (received !== 'function') throw argumentError(command, { at: 'listener', expected: 'a function', received });
}
