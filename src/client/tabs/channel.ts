import { onPage } from '../../kit/page.js';
import { later, unref } from '../../kit/timers.js';
import { isObject } from '../../wire/validate.js';

/** As much of a BroadcastChannel as is needed. */
export interface TabChannel {
  onmessage: ((event: MessageEvent<unknown>) => void) | null;
  postMessage(message: unknown): void;
  close(): void;
}

export interface ChannelOptions {
  readonly name: string;
  /** Makes the channel of that name. */
  readonly open: (name: string) => TabChannel;
  readonly now: () => number;
  /** Called once, when the first other tab is heard: until then this tab is alone. */
  readonly onCompany: () => void;
  /** Called with each message of another tab; what it holds is still to be checked. */
  readonly onMessage: (message: Readonly<Record<string, unknown>>) => void;
}

export interface Channel {
  /** Sends a message to the other tabs. */
  tell(message: object): void;
  /** Tells the other tabs to clear; what they said before it is ignored from now on. */
  tellClear(): void;
  close(): void;
}

const version = 3;

/** A channel to the other tabs of the same app and viewer, opened in a later task, and closed while the page is in the bfcache. */
export function openChannel({ name, open, now, onCompany, onMessage }: ChannelOptions): Channel {
  let channel: TabChannel | undefined;
  let isAlone = true;
  /** The time of the last known clear. A message carries its sender's as `era`; a message from before our own is out of date. */
  let clearedAt = 0;

  const post = (message: object): void => channel?.postMessage({ version, era: clearedAt, ...message });

  const hear = (data: unknown): void => {
    if (!isObject(data) || data['version'] !== version) return;
    if (isAlone) onCompany();
    isAlone = false;
    const theirs = Number(data['era']);
    // Messages from before our last clear are ignored, except clears and hellos: a new tab does not know the last clear yet.
    if (!(theirs >= (data['clear'] || data['hello'] ? 0 : clearedAt))) return;
    clearedAt = Math.max(clearedAt, theirs);
    if (data['hello']) post({});
    else onMessage(data);
  };

  const start = (): void => {
    // pageshow may have started it already.
    stop();
    try {
      channel = open(name);
    } catch {
      // There are no such channels here, or not for this page.
      return;
    }
    unref(channel);
    channel.onmessage = ({ data }) => hear(data);
    // The answers carry the last clear.
    post({ hello: true });
  };
  const stop = (): void => {
    undoStart();
    channel?.close();
    channel = undefined;
  };

  const undoStart = later(start);
  const undoPage = onPage(['pagehide', 'pageshow'], ({ type }) => (type === 'pageshow' ? start() : stop()));
  return {
    tell: post,
    tellClear() {
      if (!channel) start();
      clearedAt = Math.max(clearedAt + 1, now());
      post({ clear: true });
    },
    close() {
      undoPage();
      stop();
    },
  };
}
