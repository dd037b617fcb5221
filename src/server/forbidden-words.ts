import type { ProfileItem } from '../wire/types.js';
import { failReply } from './replies.js';

/** Returns the reply (40005) where an item holds a word of the operator's list; `name` begins its text. */
export type ForbiddenWords = (items: readonly ProfileItem[], name: string) => ReturnType<typeof failReply> | undefined;

/** Compares without regard to case. */
export function createForbiddenWords(list: readonly string[]): ForbiddenWords {
  const words = list.map((word) => word.toLowerCase());
  const isForbidden = ({ Value }: ProfileItem): boolean =>
    typeof Value === 'string' && words.some((word) => Value.toLowerCase().includes(word));
  return (items, name) => {
    const found = items.find(isForbidden);
    return found && failReply(40005, `${name}: ${found.Tag}: expected no word of the operator's list`);
  };
}
