import type { Tag } from '../wire/tags.js';
import type { Issue } from '../wire/validate.js';
import { checkBatch, checkTagList, expect, isSequence, membersOf } from '../wire/validate.js';

/** One account of a request, with the number the caller holds for it alone, if it named one. */
interface Asked {
  readonly account: string;
  readonly sequence?: number;
}

export interface PortraitGetQuery {
  readonly form: 'web' | 'rest';
  readonly asked: readonly Asked[];
  /** Undefined for every tag. */
  readonly tags: readonly Tag[] | undefined;
  /** LastStandardSequence: 0 where the caller holds nothing. */
  readonly last: number;
}

/** Reads a portrait_get body; of `every` tag it has no TagList. With `From_Account` it is the Web form, without it the REST form (docs/protocol.md §1). */
export function readPortraitGet(body: Readonly<Record<string, unknown>>, issues: Issue[], every = false): PortraitGetQuery {
  const form = body['From_Account'] === undefined ? 'rest' : 'web';
  const asked = body['UserItem'] === undefined ? readAccounts(body['To_Account'], issues) : readUserItems(body['UserItem'], issues);
  const tags = every ? undefined : checkTagList(body['TagList'], form, issues);
  return { form, asked, tags, last: readSequence(body['LastStandardSequence'], 'LastStandardSequence', issues) };
}

function readAccounts(list: unknown, issues: Issue[]): readonly Asked[] {
  return checkBatch(list, 'To_Account', issues).map((account) => ({ account }));
}

function readUserItems(list: unknown, issues: Issue[]): readonly Asked[] {
  const sequences = membersOf(list, 'StandardSequence');
  return checkBatch(membersOf(list, 'To_Account'), 'UserItem', issues).map((account, index) => ({
    account,
    sequence: readSequence(Array.isArray(sequences) ? sequences[index] : undefined, `UserItem[${index}].StandardSequence`, issues),
  }));
}

function readSequence(value: unknown, at: string, issues: Issue[]): number {
  const sequence = value === undefined ? 0 : value;
  return expect(issues, isSequence(sequence), { at, expected: 'a whole number from 0 up', value }) ? Number(sequence) : 0;
}
