// webim-profile/react/suspense: a hook that waits for the profile, within a <Suspense> and an error boundary.

import type { CustomFields, Profile, ProfileClient } from '../index.js';
import type { ObservedProfile, ObserveOptions } from './react.js';
import { useProfile, useProfileClient } from './react.js';

/** What is known of an account, with a profile. */
export type LoadedProfile<Custom = CustomFields> = ObservedProfile<Custom> & { readonly profile: Profile<Custom> };

interface Question {
  readonly answered: Promise<unknown>;
  error?: unknown;
}

/** A question that failed is asked again after this time, in ms. */
const againMs = 1000;
/** The questions that components wait for. They are kept here because React drops the state of a component that suspends. */
const questions = /* @__PURE__ */ new WeakMap<object, Map<string, Question>>();

/** As `useProfile`, but suspends until there is a profile. If the server gives none, it throws the error. */
export function useProfileSuspense<Custom = CustomFields>(account: string, options?: ObserveOptions<Custom>): LoadedProfile<Custom> {
  const client = useProfileClient<Custom>();
  const observed = useProfile<Custom>(account, options);
  if (observed.profile) return observed as LoadedProfile<Custom>;
  const question = ask(client, account, options);
  if ('error' in question) throw question.error;
  throw question.answered;
}

function ask<Custom>(client: ProfileClient<Custom>, account: string, options?: ObserveOptions<Custom>): Question {
  const ofClient = questions.get(client) ?? new Map<string, Question>();
  questions.set(client, ofClient);
  const known = ofClient.get(account);
  if (known) return known;
  const forget = (): void => void ofClient.delete(account);
  const question: Question = {
    answered: client.getProfile(account, options).then(forget, (error: unknown) => {
      question.error = error;
      setTimeout(forget, againMs);
    }),
  };
  ofClient.set(account, question);
  return question;
}
