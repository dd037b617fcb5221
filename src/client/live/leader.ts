import { later } from '../../kit/later.js';
import { onPage } from '../../kit/page.js';
import { isObject } from '../../wire/validate.js';
import type { Locks, Tabs } from '../tabs/index.js';

/** What one tab tells the others. */
export interface TabState {
  readonly tab: string;
  /** Whether it has the stream. */
  readonly leads: boolean;
  readonly isVisible: boolean;
  readonly status: string;
  /** What it follows, and a number that changes with it. */
  readonly accounts: readonly string[];
  readonly tags: readonly string[];
  readonly version: number;
  /** Of the tab that leads: the version of each tab's list that the stream covers. */
  readonly covered: Readonly<Record<string, number>>;
}

export interface LeaderOptions {
  readonly name: string;
  readonly locks?: Locks | undefined;
  readonly tabs: Tabs | undefined;
  readonly now: () => number;
  /** What this tab has to tell. */
  readonly state: () => Omit<TabState, 'tab' | 'leads' | 'isVisible'>;
  /** Called when this tab begins or ceases to lead, and when another tab's state has changed. */
  readonly onChange: () => void;
}

/** Decides which tab has the stream for all tabs of the same app and viewer. */
export interface Leader {
  readonly tab: string;
  isLeading(): boolean;
  /** The states of the other tabs. */
  others(): readonly TabState[];
  /** The state of the other tab that leads. */
  leading(): TabState | undefined;
  /** Tells the other tabs the state of this one. */
  tell(): void;
  close(): void;
}

const tellEveryMs = 20_000;
/** A leader that has told nothing for so long may be frozen. */
const frozenMs = 45_000;
/** A tab that has told nothing for so long is gone. */
const goneMs = 65_000;

/**
 * With locks the tab that holds the lock leads; a visible tab takes it from one that is frozen. Without locks each visible tab leads
 * itself, and without a channel to the others each tab.
 */
export function createLeader({ name, locks, tabs, now, state, onChange }: LeaderOptions): Leader {
  const tab = Math.random().toString(36).slice(2);
  const heard = new Map<string, { readonly state: TabState; readonly at: number }>();
  let leads = false;
  let heardLeaderAt = now();
  let waiting = new AbortController();
  let giveUp = (): void => undefined;
  let canLock = locks !== undefined && tabs !== undefined;

  const isVisible = (): boolean => !globalThis.document?.hidden;
  const others = (): readonly TabState[] => [...heard.values()].filter(({ at }) => now() - at < goneMs).map((one) => one.state);
  const leading = (): TabState | undefined =>
    others()
      .filter((one) => one.leads)
      .pop();
  const tell = (): void => tabs?.tellLive?.({ ...state(), tab, leads, isVisible: isVisible() });
  const lead = (value: boolean): void => {
    if (leads === value) return;
    leads = value;
    heardLeaderAt = now();
    onChange();
    tell();
  };

  /** Leads for as long as it holds the lock. */
  const hold = async (options: { readonly signal?: AbortSignal; readonly steal?: boolean }): Promise<void> => {
    const held = (): Promise<void> => {
      lead(true);
      return new Promise((resolve) => {
        giveUp = resolve;
      });
    };
    try {
      await locks?.request(`${name}/live`, options, held);
    } catch (error) {
      // Some frames may not use locks. Otherwise it was aborted, or another tab has taken the lock.
      if ((error as Error).name === 'SecurityError') canLock = false;
    }
    lead(false);
  };

  const begin = async (): Promise<void> => {
    waiting = new AbortController();
    const { signal } = waiting;
    while (canLock && !signal.aborted) await hold({ signal });
    if (!signal.aborted) lead(tabs === undefined || isVisible());
  };
  const stop = (): void => {
    waiting.abort();
    giveUp();
    lead(false);
  };

  if (tabs) {
    tabs.onLive = (message) => {
      if (!isState(message)) return;
      // The tabs are in the order in which they were heard last.
      const isNew = !heard.delete(message.tab);
      heard.set(message.tab, { state: message, at: now() });
      if (message.leads) heardLeaderAt = now();
      // A tab that has just opened does not know the others.
      if (isNew) tell();
      onChange();
    };
    tabs.onCompany = tell;
  }
  const timer = setInterval(() => {
    tell();
    if (canLock && !leads && isVisible() && now() - heardLeaderAt > frozenMs) {
      heardLeaderAt = now();
      void hold({ steal: true });
    }
    onChange();
  }, tellEveryMs);
  const undoPage = onPage(['pagehide', 'pageshow', 'visibilitychange'], ({ type }) => {
    if (type === 'pagehide') stop();
    // A page in the bfcache must not hold a lock.
    else if (type === 'pageshow' && waiting.signal.aborted) void begin();
    else if (type === 'visibilitychange') {
      if (!canLock && tabs) lead(isVisible());
      tell();
      onChange();
    }
  });
  // In Node a timer keeps the process alive.
  (timer as { unref?: () => void }).unref?.();
  const undoBegin = later(() => void begin());

  return {
    tab,
    isLeading: () => leads,
    others,
    leading,
    tell,
    close() {
      tell();
      undoBegin();
      clearInterval(timer);
      undoPage();
      stop();
    },
  };
}

/** Whether this is a state: another tab may have another version's. */
function isState(message: unknown): message is TabState & Record<string, unknown> {
  if (!isObject(message) || typeof message['tab'] !== 'string') return false;
  return Array.isArray(message['accounts']) && Array.isArray(message['tags']);
}
