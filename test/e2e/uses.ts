// Scripts that use the built files, in a page or in a worker.
import { app } from '../support/server.js';

/** Uses the module: creates a client, gets, sets, and returns what it saw. */
const useModule = `
  import { createProfileClient } from '/dist/webim-profile.js';
  export async function use(userSig) {
    const client = createProfileClient({ sdkAppID: ${app.sdkAppID}, identifier: 'id1', userSig });
    const other = await client.getProfile('id2');
    const mine = await client.updateProfile({ nick: 'by module' });
    client.close();
    return [other.nick, mine.nick].join(', ');
  }`;
const ask =
  "onmessage = async ({ data, source }) => (source ?? self).postMessage(await use(data).catch((error) => 'failed: ' + error.message));";
const useScript = `
  async function use(userSig) {
    const reply = await webim.login({ sdkAppID: ${app.sdkAppID}, identifier: 'id1', userSig }, {});
    const { UserProfileItem } = await webim.getProfilePortrait({ To_Account: ['id2'], TagList: ['Tag_Profile_IM_Nick'] });
    return [reply.ActionStatus, UserProfileItem[0].ProfileItem[0].Value].join(', ');
  }`;

export const uses: Record<string, string> = {
  '/use-script.js': useScript,
  '/use-module.js': useModule,
  '/worker.js': `import { use } from '/use-module.js'; ${ask}`,
  '/classic-worker.js': `importScripts('/dist/webim.js', '/use-script.js'); ${ask}`,
  '/module-service.js': `import { use } from '/use-module.js'; ${ask}`,
  '/classic-service.js': `importScripts('/dist/webim.js', '/use-script.js'); ${ask}`,
};

/** What `use` resolves to. */
export const seenByModule = '二号, by module';
export const seenByScript = 'OK, 二号';
