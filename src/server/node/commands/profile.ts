import type { Tag } from '../../../wire/tags.js';
import { standardTags, tagRule } from '../../../wire/tags.js';
import type { ProfileItem } from '../../../wire/types.js';
import type { Command } from './command.js';
import { wrongUsage } from './command.js';
import { adminOf, callSettings } from './connection.js';
import { failureText, show } from './output.js';

/** What the vendor's REST tool calls `profile portrait_set (account_id) (new_name)`. */
export const portraitSet: Command = {
  name: 'profile portrait_set',
  args: '<account> <nick | Tag=Value…>',
  summary: "sets an account's nick, or any of its fields, over the API",
  notes: [
    'webim-profile profile portrait_set id1 MyNickName',
    'webim-profile profile portrait_set id1 Tag_Profile_IM_Gender=Gender_Type_Female Tag_Profile_Custom_Test=hello',
    '',
    'All fields are set, or none. A nick that looks like a field is set as one: Tag_Profile_IM_Nick=Tag_a=b.',
  ],
  settings: callSettings,
  async run(given, { stdout }) {
    const [account, ...values] = given.args;
    const [nick = ''] = values;
    const items = values.flatMap((text) => readItem(text) ?? []);
    const areItems = items.length === values.length;
    if (account === undefined || values.length === 0 || (values.length > 1 && !areItems)) throw wrongUsage(portraitSet);
    const admin = adminOf(given, stdout);
    show(await (areItems ? admin.portraitSet(account, items) : admin.setNick(account, nick)), given, stdout);
    return 0;
  },
};

/** `Tag_Profile_IM_Nick=MyNickName` as an item; undefined for what is none. Whether there is such a tag is checked with the request. */
function readItem(text: string): ProfileItem | undefined {
  const [, Tag, value = ''] = /^(tag_\w*)=(.*)$/is.exec(text) ?? [];
  if (Tag === undefined) return undefined;
  const isNumber = tagRule(Tag) === 'uint32' && /^\d+$/.test(value);
  return { Tag, Value: isNumber ? Number(value) : value } as ProfileItem;
}

export const portraitGet: Command = {
  name: 'profile portrait_get',
  args: '<account…>',
  summary: 'prints profiles as JSON, over the API',
  notes: ['One entry per account, in the order given; an account that failed has a code and an info, and the exit code is 1.'],
  settings: [...callSettings, 'tags'],
  async run(given, { stdout, stderr }) {
    if (given.args.length === 0) throw wrongUsage(portraitGet);
    const tags = given.text('tags')?.split(',') ?? Object.keys(standardTags);
    const results = await adminOf(given, stdout).portraitGet(
      given.args,
      tags.map((tag) => tag.trim() as Tag),
    );
    const shown = results.map((result) => {
      const { account } = result;
      if (!result.ok) return { account, ok: false, code: result.error.code, info: result.error.ErrorInfo };
      return { account, ok: true, sequence: result.sequence, items: result.items };
    });
    show(shown, given, stdout);
    const failed = results.flatMap((result) => (result.ok ? [] : [result.error]));
    for (const error of failed) stderr.write(`webim-profile: ${failureText(error)}\n`);
    return failed.length > 0 ? 1 : 0;
  },
};
