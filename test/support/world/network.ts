import type { Clock } from './clock.js';
import type { Page } from './page.js';
import type { Answering } from './server-kinds.js';
import type { Truth } from './truth.js';

export type Json = Record<string, unknown>;

/** What happens to one request on its way. */
export interface Weather {
  /** How long it takes to the server, and its reply back, in ms. */
  readonly out: number;
  readonly back: number;
  /**
   * `lost` before the server had it; `reply lost` after; `silent`: the server has it and nobody ever hears; `busy`: the
   * server says that it cannot read just now; `hiccup`: it says OK and nothing else.
   */
  readonly fate: 'fine' | 'lost' | 'reply lost' | 'silent' | 'busy' | 'hiccup';
}

/** One request as it went out. */
export interface Sent {
  readonly page: Page;
  readonly command: 'portrait_get' | 'portrait_set';
  readonly body: Json;
  /** The distinct accounts asked for. */
  readonly accounts: readonly string[];
  readonly tags: readonly string[];
  /** When it went. */
  readonly moment: number;
  /** Of a set that was done: where in the viewer's history it is. */
  place: number;
  /** Whether it may have been put into words before it went: it waited for its turn, or is one more try. */
  waited: boolean;
}

export interface Network {
  fetchOf(page: Page): (url: string, init: RequestInit) => Promise<Response>;
  /** From now on nothing is lost and nothing is slow. */
  calm(): void;
}

export interface NetworkOptions {
  readonly clock: Clock;
  readonly truth: Truth;
  readonly answer: Answering;
  readonly weather: readonly Weather[];
}

const fair: Weather = { out: 2, back: 3, fate: 'fine' };
/** What a get is answered by a server that cannot read just now. */
export const busyCode = 40808;
const okay = { ActionStatus: 'OK', ErrorCode: 0, ErrorInfo: '', ErrorDisplay: '' };

export function createNetwork({ clock, truth, answer, weather }: NetworkOptions): Network {
  let requests = 0;
  let isCalm = false;

  return {
    calm() {
      isCalm = true;
    },
    fetchOf: (page) => (url, init) =>
      new Promise((resolve, reject) => {
        const { out, back, fate } = (isCalm ? undefined : weather[requests % weather.length]) ?? fair;
        requests++;
        const sent = read(page, url, String(init.body), clock.moment());
        let over = false;
        if (page.life() === 'killed') return;
        page.watch.sent(sent);
        const end = (what: () => void): void => {
          if (over || page.life() === 'killed') return;
          over = true;
          what();
        };
        const lose = (): void =>
          end(() => {
            page.watch.lost(sent, 'lost');
            reject(new TypeError('Failed to fetch'));
          });
        const deliver = (reply: Json): void =>
          end(() => {
            page.watch.came(sent, reply);
            resolve(new Response(JSON.stringify(reply)));
          });
        init.signal?.addEventListener('abort', () =>
          end(() => {
            page.watch.lost(sent, 'aborted');
            reject(new DOMException('aborted', 'AbortError'));
          }),
        );

        clock.after(out, async () => {
          if (fate === 'lost') return lose();
          const reply = fate === 'busy' ? busy(sent) : await answer(url, sent.body);
          note(truth, sent, reply);
          sent.place = truth.past(page.viewer).length - 1;
          if (fate === 'silent') return;
          clock.after(back, () =>
            fate === 'reply lost' ? lose() : deliver(fate === 'hiccup' && sent.command === 'portrait_get' ? { ...okay } : reply),
          );
        });
      }),
  };
}

function read(page: Page, url: string, text: string, moment: number): Sent {
  const body = JSON.parse(text) as Json;
  const names = (body['UserItem'] as { To_Account: string }[] | undefined)?.map((item) => item.To_Account) ?? body['To_Account'];
  const command = url.includes('portrait_get') ? 'portrait_get' : 'portrait_set';
  const accounts = command === 'portrait_get' ? [...new Set(names as string[])] : [String(body['From_Account'])];
  const tags = command === 'portrait_get' ? body['TagList'] : (body['ProfileItem'] as { Tag: string }[]).map(({ Tag }) => Tag);
  return { page, command, body, accounts, tags: tags as string[], moment, place: -1, waited: false };
}

function busy({ command }: Sent): Json {
  return { ActionStatus: 'FAIL', ErrorCode: command === 'portrait_get' ? busyCode : 40602, ErrorInfo: 'busy', ErrorDisplay: '' };
}

/** Tells the truth which numbers went out. */
function note(truth: Truth, { command, accounts }: Sent, reply: Json): void {
  const current = Number(reply['CurrentStandardSequence'] ?? 0);
  truth.give(accounts, current, command === 'portrait_set');
  for (const item of (reply['UserProfileItem'] ?? []) as { To_Account: string; StandardSequence?: number }[])
    if (item.StandardSequence) truth.give([item.To_Account], item.StandardSequence);
}
