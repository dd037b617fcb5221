import type { Bus } from '../bus.js';
import { createHintListeners } from '../bus.js';
import { hintText, hintTexts, readHintText } from './hint-texts.js';

/** A connection that carries texts to every process, this one included. */
export interface Line {
  /** Settles when the texts are sent, or could not be. It is not called again before that. */
  send(texts: readonly string[]): Promise<unknown>;
  close(): void;
  /** Resolves when the line is broken or closed. */
  readonly lost: Promise<unknown>;
}

/** Opens a line; `onText` gets what comes. Resolves to undefined where no texts can come, such as behind a pooler. */
export type OpenLine = (onText: (text: string) => void) => Promise<Line | undefined>;

const gatherMs = 25;
/** Accounts of one app that wait for a line. More are dropped: the poll finds them. */
const maxWaiting = 100_000;
const firstPauseMs = 500;
const longestPauseMs = 10_000;
/** Until another try, where no texts come. */
const mutePauseMs = 60_000;
const beatMs = 20_000;
/** How long `close` waits for what is under way. */
const closeMs = 1000;

/**
 * A bus over lines. The hints of 25 ms are sent together; those of a time without a line wait for the next one. The line is opened at
 * the first use, and again when it breaks: each time hints may have been missed.
 *
 * A beat, a text to this process itself, is sent at the start and every 20 s. The line counts as connected from the first one that
 * comes back, and is closed when one does not: so a broken network and a database that takes LISTEN and tells nothing are noticed.
 */
export function createHintBus(open: OpenLine): Bus {
  const sender = Math.random().toString(36).slice(2);
  const beatText = hintText(sender, { sdkAppID: 0, accounts: [] });
  const listeners = createHintListeners();
  const waiting = new Map<number, Set<string>>();
  let gathering: NodeJS.Timeout | undefined;
  let isBegun = false;
  let isConnected = false;
  let closing: Promise<void> | undefined;
  let endPause = (): void => undefined;
  let send = async (): Promise<void> => undefined;
  let onOwnText = (): void => undefined;
  let endLine = async (): Promise<void> => undefined;

  const onText = (text: string): void => {
    const read = readHintText(text);
    if (read?.sender === sender) onOwnText();
    else if (read && read.hint.accounts.length > 0) listeners.tell(read.hint);
  };

  const takeTexts = (): string[] => {
    const texts = [...waiting].flatMap(([sdkAppID, accounts]) => [...hintTexts(sender, { sdkAppID, accounts })]);
    waiting.clear();
    return texts;
  };

  /** Resolves when the line has ended; `mute` where nothing ever came back over it. */
  const use = async (line: Line): Promise<'ended' | 'mute'> => {
    let sending: Promise<void> | undefined;
    let isBeatDue = false;
    let isBeatBack = true;
    let isMute = false;
    const sendAll = async (): Promise<void> => {
      for (let texts = takeTexts(); texts.length > 0 || isBeatDue; texts = takeTexts()) {
        if (isBeatDue) texts.push(beatText);
        isBeatDue = false;
        await line.send(texts).catch(() => undefined);
      }
    };
    send = () => {
      sending ??= sendAll().finally(() => {
        sending = undefined;
      });
      return sending;
    };
    onOwnText = () => {
      isBeatBack = true;
      if (isConnected) return;
      isConnected = true;
      listeners.tell('missed');
    };
    const beat = (): void => {
      if (!isBeatBack) {
        isMute = !isConnected;
        line.close();
        return;
      }
      isBeatBack = false;
      isBeatDue = true;
      void send();
    };
    endLine = async () => {
      await within(closeMs, send());
      line.close();
      await within(closeMs, line.lost);
    };
    const timer = setInterval(beat, beatMs).unref();
    beat();
    await line.lost;
    clearInterval(timer);
    isConnected = false;
    send = async () => undefined;
    onOwnText = () => undefined;
    return isMute ? 'mute' : 'ended';
  };

  const keepOpen = async (): Promise<void> => {
    let pauseMs = firstPauseMs;
    while (!closing) {
      const line = await open(onText).catch(() => 'failed' as const);
      if (closing) {
        if (line !== 'failed') line?.close();
        return;
      }
      const end = line === 'failed' ? line : line === undefined ? 'mute' : await use(line);
      if (end === 'mute') waiting.clear();
      if (end !== 'failed') pauseMs = firstPauseMs;
      // Many processes lose their lines at the same time, and come back one by one.
      if (!closing) await pause(end === 'mute' ? mutePauseMs : pauseMs * (0.5 + Math.random()));
      if (end === 'failed') pauseMs = Math.min(pauseMs * 2, longestPauseMs);
    }
  };
  const begin = (): void => {
    if (!isBegun) void keepOpen();
    isBegun = true;
  };
  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms).unref();
      endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  return {
    publish({ sdkAppID, accounts }) {
      if (closing) return;
      begin();
      const some = waiting.get(sdkAppID) ?? new Set();
      waiting.set(sdkAppID, some);
      for (const account of accounts) if (some.size < maxWaiting) some.add(account);
      gathering ??= setTimeout(() => {
        gathering = undefined;
        void send();
      }, gatherMs).unref();
    },
    subscribe(onHint) {
      if (closing) return () => undefined;
      begin();
      return listeners.add(onHint);
    },
    isConnected: () => isConnected && !closing,
    close() {
      clearTimeout(gathering);
      listeners.clear();
      closing ??= endLine();
      endPause();
      return closing;
    },
  };
}

/** Resolves when the promise does, after `ms` at the latest. */
async function within(ms: number, promise: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([promise, late]);
  clearTimeout(timer);
}
