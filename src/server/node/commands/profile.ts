import type { Tag } from '../../../wire/tags.js';
import { standardTags } from '../../../wire/tags.js';
import type { Command } from './command.js';
import { wrongUsage } from './command.js';
import { adminOf, callSettings } from './connection.js';
import { failureText, json } from './output.js';

/** What the vendor's REST tool calls `profile portrait_set (account_id) (new_name)`. */
export const portraitSet: Command = {
  name: 'profile portrait_set',
  args: '<account> <nick>',
  summary: "sets an account's nick, over the API",
  settings: callSettings,
  async run(given, { stdout }) {
    const [account, nick, ...rest] = given.args;
    if (account === undefined || nick === undefined || rest.length > 0) throw wrongUsage(portraitSet);
    stdout.write(json(await adminOf(given).setNick(account, nick)));
    return 0;
  },
};

export const portraitGet: Command = {
  name: 'profile portrait_get',
  args: '<account…>',
  summary: 'prints profiles as JSON, over the API',
  notes: ['One entry per account, in the order given; an account that failed has a code and an info, and the exit code is 1.'],
  settings: [...callSettings, 'tags'],
  async run(given, { stdout, stderr }) {
    if (given.args.length === 0) throw wrongUsage(portraitGet);
    const tags = given.text('tags')?.split(',') ?? Object.keys(standardTags);
    const results = await adminOf(given).portraitGet(
      given.args,
      tags.map((tag) => tag.trim() as Tag),
    );
    const shown = results.map((result) => {
      const { account } = result;
      if (!result.ok) return { account, ok: false, code: result.error.code, info: result.error.ErrorInfo };
      return { account, ok: true, sequence: result.sequence, items: result.items };
    });
    stdout.write(json(shown));
    const failed = results.flatMap((result) => (result.ok ? [] : [result.error]));
    for (const error of failed) stderr.write(`webim-profile: ${failureText(error)}\n`);
    return failed.length > 0 ? 1 : 0;
  },
};
