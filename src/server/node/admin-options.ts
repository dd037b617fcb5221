import { describeKind } from '../../wire/describe.js';
import { refuse } from '../../wire/errors.js';
import type { UserSig } from '../../wire/usersig-source.js';
import type { Issue, Limits } from '../../wire/validate.js';
import { accountExpected, expect, isAccount } from '../../wire/validate.js';

interface AdminCommonOptions extends Limits {
  /** Where the server is, such as `https://im.example.com`. */
  readonly endpoint: string;
  readonly sdkAppID: number;
  /** The administrator who calls. */
  readonly identifier: string;
  /** Requests started a second at most, whatever the command. Default 100. Other programs of the same app count for the server too. */
  readonly callsPerSecond?: number;
  /** How long one attempt may take, in ms. Failures that a second try may cure are tried six times, with growing pauses. Default 15,000. */
  readonly timeout?: number;
  /** Called with the text of each reply as it came, failures included; where a request is tried again, with the last one alone. */
  readonly onReply?: (text: string) => void;
  /** Default the platform's fetch. */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
  /** The clock, in ms since 1970. Default Date.now. */
  readonly now?: () => number;
}

/** Either the app's secret, with which usersigs are made as they are needed, or a usersig from elsewhere. */
export type AdminClientOptions = AdminCommonOptions &
  ({ readonly secretKey: string; readonly userSig?: undefined } | { readonly secretKey?: undefined; readonly userSig: UserSig });

export type AdminSettings = AdminClientOptions & Required<AdminCommonOptions>;

/** Checks the options and fills in what was left out. Throws a ValidationError, which repeats no secret. */
export function toAdminSettings(options: AdminClientOptions): AdminSettings {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as unknown as AdminClientOptions;
  const settings: AdminSettings = {
    callsPerSecond: 100,
    timeout: 15_000,
    nickMaxBytes: 64,
    onReply: () => undefined,
    fetch: (url, init) => globalThis.fetch(url, init),
    now: Date.now,
    ...given,
  };
  const { endpoint, sdkAppID, identifier, secretKey, userSig, callsPerSecond } = settings;
  const issues: Issue[] = [];
  // An endpoint may hold a password: neither it nor the secrets are repeated.
  const quiet = (good: boolean, at: string, expected: string, received: string): unknown =>
    good || issues.push({ at, code: 40001, expected, received });
  const url = isText(endpoint) ? 'something else' : describeKind(endpoint);
  quiet(isEndpoint(endpoint), 'endpoint', 'an http or https URL without user, query or hash', url);
  expect(issues, Number.isInteger(sdkAppID) && sdkAppID > 0, { at: 'sdkAppID', expected: 'a positive whole number', value: sdkAppID });
  expect(issues, isAccount(identifier), { at: 'identifier', expected: accountExpected, value: identifier });
  expect(issues, callsPerSecond > 0, { at: 'callsPerSecond', expected: 'a number above 0', value: callsPerSecond });
  const signed = typeof userSig === 'function' || isText(userSig);
  const neither = (secretKey ?? userSig) === undefined ? 'neither' : `${describeKind(secretKey)} and ${describeKind(userSig)}`;
  quiet(isText(secretKey) !== signed, 'secretKey, userSig', 'one of the two', signed ? 'both' : neither);
  refuse('createAdminClient', issues);
  return { ...settings, endpoint: endpoint.replace(/\/+$/, '') };
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function isEndpoint(endpoint: unknown): boolean {
  if (typeof endpoint !== 'string' || !URL.canParse(endpoint)) return false;
  const { protocol, username, password, search, hash } = new URL(endpoint);
  return /^https?:$/.test(protocol) && `${username}${password}${search}${hash}` === '';
}
