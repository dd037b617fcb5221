import { describe } from '../../../wire/describe.js';
import { accountExpected, isAccount } from '../../../wire/validate.js';
import { signUserSig } from '../../usersig.js';
import { ConfigError } from '../setting.js';
import type { Command } from './command.js';
import { wrongUsage } from './command.js';

const longestSeconds = 10 * 365 * 86_400;

export const userSig: Command = {
  name: 'usersig',
  args: '<identifier>',
  summary: 'prints a usersig for an account, made with the secret',
  notes: ['Whoever has it may call as that account until it expires.'],
  settings: ['sdkAppID', 'secretKey', 'expire'],
  async run(given, { stdout }) {
    const [identifier, ...rest] = given.args;
    if (identifier === undefined || rest.length > 0) throw wrongUsage(userSig);
    if (!isAccount(identifier)) throw new ConfigError(`usersig: expected ${accountExpected}, got ${describe(identifier)}`);
    const signed = await signUserSig({
      sdkAppID: given.number('sdkAppID', 1, 0xffff_ffff),
      secretKey: given.required('secretKey', 'the secret key of the app'),
      expire: given.number('expire', 1, longestSeconds),
      identifier,
    });
    stdout.write(`${signed}\n`);
    return 0;
  },
};
