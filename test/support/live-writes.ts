// The writes of the random schedules of the live tests.
import fc from 'fast-check';
import type { ProfileServer } from '../../src/server.js';
import { app } from './server.js';

export const nick = 'Tag_Profile_IM_Nick';
export const accounts = ['a', 'b', 'c', 'd', 'e'];

const account = fc.constantFrom(...accounts);
/** The writes among the steps of a schedule, to so many servers. */
export const writeSteps = (servers: number) => {
  const server = fc.nat({ max: servers - 1 });
  return [
    { weight: 8, arbitrary: fc.record({ do: fc.constant('set' as const), account, server }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('delete' as const, 'create' as const), account, server }) },
  ] as const;
};

export interface WriteStep {
  readonly do: 'set' | 'create' | 'delete';
  readonly account: string;
  readonly server: number;
}

/** The administrator, who writes to servers of one store. */
export class Admin {
  readonly #usersig: string;
  readonly #servers: readonly ProfileServer[];
  #values = 0;

  constructor(servers: readonly ProfileServer[], usersig: string) {
    this.#servers = servers;
    this.#usersig = usersig;
  }

  post(server: number, path: string, body: object, headers: Record<string, string> = {}): Promise<Response> {
    const query = new URLSearchParams({ sdkappid: String(app.sdkAppID), identifier: 'admin', usersig: this.#usersig });
    const request = new Request(`http://localhost/v4/${path}?${query}`, { method: 'POST', headers, body: JSON.stringify(body) });
    return (this.#servers[server] as ProfileServer).fetch(request);
  }

  /** Writes, and does not wait for the reply. Each set has a new value. */
  write({ do: what, account, server }: WriteStep): void {
    if (what === 'create') void this.post(server, 'im_open_login_svc/account_import', { Identifier: account });
    else if (what === 'delete') void this.post(server, 'im_open_login_svc/account_delete', { DeleteItem: [{ UserID: account }] });
    else {
      const ProfileItem = [{ Tag: nick, Value: `v${++this.#values}` }];
      void this.post(server, 'profile/portrait_set', { From_Account: account, ProfileItem });
    }
  }
}
