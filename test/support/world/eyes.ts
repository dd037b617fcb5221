import type { ChangeEvent, Profile, ProfileClient } from '../../../src/index.js';
import type { Blame } from './page.js';
import type { Truth } from './truth.js';
import { placeOf } from './truth.js';
import type { Tag } from './words.js';
import { accounts, allTags, fieldOf } from './words.js';

/** Someone who looks at what a page shows, and hears its change events. */
export interface Eyes {
  /** Looks at everything once the page has read what was kept, and from then on. */
  open(): void;
  /** Looks again. */
  look(): void;
  /** Everything is about to be forgotten. */
  cleared(): void;
}

export interface EyesOptions {
  readonly client: ProfileClient;
  /** Whose page it is: he is never let go of. */
  readonly viewer: string;
  readonly truth: Truth;
  /** Whether versions only go up: each account has its number, and the server is never restored. */
  readonly ordered: boolean;
  /** An account that several tabs show ahead of the server, on hints that may be lost or late: it may go back to what is true. */
  readonly hinted: string | undefined;
  /** Whether the page may let an entry go without a word. */
  readonly evicts: boolean;
  /** Whether this may be shown though the server does not have it: an own update that it has not answered yet. */
  readonly ahead: (account: string, value: unknown) => boolean;
  readonly blame: Blame;
}

export function createEyes({ client, viewer, truth, ordered, hinted, evicts, ahead, blame }: EyesOptions): Eyes {
  /** What the events alone say is shown. */
  const told = new Map<string, Profile | undefined>();
  /** How far in the account's history each tag was seen to be. */
  const seen = new Map<string, number>();
  const present = new Set<string>();
  let isOpen = false;

  const lookAt = (account: string): void => {
    const profile = client.peek(account);
    if (evicts && !profile && account !== viewer) told.delete(account);
    const shown = told.get(account);
    if (profile) present.add(account);
    else if (present.delete(account) && ordered && account !== hinted && !evicts)
      blame('late', `${account} is gone, and yet it never ceased to exist`);
    if (shown !== profile) blame('events', `peek shows ${text(profile)}, events told ${text(shown)}`);
    for (const tag of allTags) follow(account, tag, profile);
  };

  const follow = (account: string, tag: Tag, profile: Profile | undefined): void => {
    const key = `${account} ${tag}`;
    const value = fieldOf(profile, tag);
    if (!profile) seen.delete(key);
    if (value === undefined || truth.blurred(account) || ahead(account, value)) return;
    const line = truth.past(account);
    const place = placeOf(line, tag, [value, 0]);
    if (place < 0) blame('truth', `${account} is shown with ${tag} ${value}, which it never had`);
    const least = seen.get(key) ?? 0;
    const later = placeOf(line, tag, [value, least]);
    if (ordered && account !== hinted && place >= 0 && later < 0)
      blame('late', `${tag} of ${account} goes back to ${value} after ${line[least]?.values?.[tag]} was shown`);
    seen.set(key, Math.max(later, 0));
  };

  const hear = (event: ChangeEvent): void => {
    if (!isOpen) return;
    const { account, profile, previous, tags } = event;
    const shown = told.get(account);
    if (profile !== client.peek(account))
      blame('events', `an event says ${text(profile)} of ${account}, peek shows ${text(client.peek(account))}`);
    if (previous !== shown && !(evicts && previous === undefined))
      blame('events', `an event says that ${text(previous)} was before, it was ${text(shown)}`);
    const changed = allTags.filter((tag) => fieldOf(profile, tag) !== fieldOf(previous, tag));
    if (changed.some((tag) => !tags.includes(tag)))
      blame('events', `an event for ${account} names ${tags}, but ${changed} changed from ${text(previous)} to ${text(profile)}`);
    if (profile && tags.some((tag) => !changed.includes(tag)))
      blame('events', `an event for ${account} names ${tags}, but only ${changed} changed`);
    told.set(account, profile);
    // It says so itself: an update was refused or given up, and some server may even have it.
    if (event.source === 'rollback') for (const tag of tags) seen.delete(`${account} ${tag}`);
    // Nothing was known of it but an own update, and that has had its answer.
    if (event.source !== 'reply' && !profile) present.delete(account);
  };

  client.on('change', hear);
  return {
    open() {
      isOpen = true;
      for (const account of accounts) told.set(account, client.peek(account));
    },
    cleared: () => present.clear(),
    look() {
      if (isOpen) for (const account of accounts) lookAt(account);
    },
  };
}

function text(profile: Profile | undefined): string {
  return profile ? JSON.stringify(profile) : 'nothing';
}
