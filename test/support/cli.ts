import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { signUserSig } from '../../src/server.js';
import type { Json } from './server.js';
import { app } from './server.js';

const cli = fileURLToPath(new URL('../../dist/esm/server/node/cli.js', import.meta.url));

/** A server from the built files, in a process of its own. */
export interface CliServer {
  readonly url: string;
  readonly child: ChildProcess;
  /** Sets the nick of `account`, as an administrator. */
  setNick(account: string, nick: string): Promise<Json>;
  /** Ends it by a signal; resolves when it has exited. */
  end(signal: 'SIGKILL' | 'SIGTERM' | 'SIGINT'): Promise<void>;
}

export async function startCli(databaseUrl: string): Promise<CliServer> {
  const child = spawn(process.execPath, [cli, 'serve'], {
    env: {
      PATH: process.env['PATH'],
      SDKAPPID: String(app.sdkAppID),
      SECRETKEY: app.secretKey,
      ADMINS: 'admin',
      PORT: '0',
      RATE_LIMIT: '0',
      DATABASE_URL: databaseUrl,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const url = await new Promise<string>((resolve, reject) => {
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        if (said.length < 10_000) said += chunk.toString();
        const found = /http:\/\/\S+(?=\s)/.exec(said)?.[0];
        if (found) resolve(found);
      });
    void gone.then(() => reject(new Error(`serve ended: ${said}`)));
  });
  const usersig = await signUserSig({ ...app, identifier: 'admin' });
  const query = new URLSearchParams({ sdkappid: String(app.sdkAppID), identifier: 'admin', usersig });
  return {
    url,
    child,
    async setNick(account, nick) {
      const body = JSON.stringify({ From_Account: account, ProfileItem: [{ Tag: 'Tag_Profile_IM_Nick', Value: nick }] });
      const response = await fetch(`${url}/v4/profile/portrait_set?${query}`, { method: 'POST', body });
      return (await response.json()) as Json;
    },
    end(signal) {
      child.kill(signal);
      return gone;
    },
  };
}
