import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import type { ProfileClientOptions } from '../../src/index.js';
import { createMemoryStore, signUserSig } from '../../src/server.js';
import { app } from './server.js';
import { startSite } from './site.js';

/** A site whose server the test controls. */
export interface Service {
  readonly url: string;
  /** The accounts of each portrait_get, in order. */
  readonly asked: (readonly string[])[];
  /** Every request that was answered, in order. */
  readonly answered: Answered[];
  /** The options for a client of this user. */
  options(identifier: string): Promise<ProfileClientOptions>;
  /** Gives an account another nick, as the user's other device would. */
  rename(account: string, nick: string): Promise<void>;
  /** Holds every answer from now on, until the returned function is called. */
  hold(): () => void;
  stop(): Promise<void>;
}

export interface Answered {
  readonly command: string;
  readonly body: Record<string, unknown>;
  /** How many values the reply has. */
  readonly items: number;
}

/** u0, u1 and so on: the accounts of a service besides its users id1 and id2. */
export function accounts(count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, index) => `u${from + index}`);
}

/** The nick that an account has at first. */
export function nickOf(account: string): string {
  return `Nick ${account} 昵称`;
}

/** Compares nicks with those that the accounts have at first. */
export function tally(nicks: readonly (string | undefined)[], of: readonly string[]): { right: number; missing: number; wrong: number } {
  const right = of.filter((account, index) => nicks[index] === nickOf(account)).length;
  const missing = of.filter((_, index) => nicks[index] === undefined).length;
  return { right, missing, wrong: of.length - right - missing };
}

export async function startService(pages: Record<string, string>, count: number, policy?: string): Promise<Service> {
  const store = createMemoryStore();
  const everybody = ['id1', 'id2', ...accounts(count)];
  const rename = async (account: string, nick: string): Promise<void> => {
    await store.write(app.sdkAppID, account, { Tag_Profile_IM_Nick: nick, Tag_Profile_IM_Image: imageFor(nick) });
  };
  await store.create(app.sdkAppID, everybody);
  for (const account of everybody) await rename(account, nickOf(account));

  const asked: Service['asked'] = [];
  let held: Promise<void> | undefined;
  const before = async (request: Request): Promise<void> => {
    const { To_Account } = (await request.json()) as { To_Account?: string[] };
    if (To_Account) asked.push(To_Account);
    await held;
  };
  const answered: Answered[] = [];
  const after = async (request: Request, response: Response): Promise<void> => {
    const command = new URL(request.url).pathname.split('/').at(-1) ?? '';
    answered.push({ command, body: (await request.json()) as Answered['body'], items: itemsIn(await textOf(response)) });
  };
  const site = await startSite(pages, policy, { store, before, after });
  return {
    url: site.url,
    asked,
    answered,
    options: async (identifier) => ({ sdkAppID: app.sdkAppID, identifier, userSig: await signUserSig({ ...app, identifier }) }),
    rename,
    hold() {
      let release = (): void => undefined;
      held = new Promise((resolve) => {
        release = resolve;
      });
      return () => {
        held = undefined;
        release();
      };
    },
    stop: site.stop,
  };
}

async function textOf(response: Response): Promise<string> {
  const bytes = Buffer.from(await response.arrayBuffer());
  return (response.headers.get('Content-Encoding') === 'gzip' ? gunzipSync(bytes) : bytes).toString();
}

function itemsIn(reply: string): number {
  const { UserProfileItem = [] } = JSON.parse(reply) as { UserProfileItem?: { ProfileItem?: unknown[] }[] };
  return UserProfileItem.reduce((sum, { ProfileItem = [] }) => sum + ProfileItem.length, 0);
}

/** The picture that belongs to a nick: a profile with only one of the two is torn. Its text cannot be compressed. */
export function imageFor(nick: string): string {
  return `https://pictures.test/${createHash('sha512').update(nick).digest('base64url')}.png`;
}
