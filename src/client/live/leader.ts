import { onPage } from '../../kit/page.js';
import { later, unref } from '../../kit/timers.js';
import { isObject } from '../../wire/validate.js';
import type { Locks, Tabs } from '../tabs/index.js';

/**
 * `live`: the server tells what changes. `polling`: it is asked again and again, as something on the way holds a stream back.
 * `connecting`: neither yet. `off`: nothing is followed, the page is offline or hidden for long, or the server has no live changes.
 */
export type LiveStatus = 'connecting' | 'live' | 'polling' | 'off';

/** What one tab tells the others. */
export interface TabState {
  readonly tab: string;
  /** Whether it has the stream. */
  readonly leads: boolean;
  readonly isVisible: boolean;
  readonly status: LiveStatus;
  /** What it follows. */
  readonly accounts: readonly string[];
  readonly tags: readonly string[];
  /** Of the tab that leads: the accounts and tags that the stream covers. */
  readonly covered: readonly string[];
}

/** Another tab, as it was heard last. */
export interface OtherTab extends Omit<TabState, 'covered'> {
  readonly covered: ReadonlySet<string>;
  /** How many ticks of this tab ago. */
  silence: number;
}

export interface LeaderOptions {
  readonly name: string;
  readonly locks?: Locks | undefined;
  readonly tabs: Tabs | undefined;
  /** What this tab has to tell. */
  readonly state: () => Omit<TabState, 'tab' | 'leads' | 'isVisible'>;
  /** Called when this tab begins or ceases to lead, and when another tab's state has changed. */
  readonly onChange: () => void;
}

/** Decides which tab has the stream for all tabs of the same app and viewer. */
export interface Leader {
  /** A random word of this tab. */
  readonly tab: string;
  isLeading(): boolean;
  /** The other tabs, in the order in which they were heard last. */
  others(): readonly OtherTab[];
  /** The other tab that leads; undefined where it is this one, or none is known. */
  leading(): OtherTab | undefined;
  /** Tells the other tabs the state of this one. */
  tell(): void;
  close(): void;
}

/** Every tab tells its state at each tick. Ticks have no clock that can be set back, and stand still while the machine sleeps. */
const tickMs = 15_000;
/** A leader that was not heard for so many ticks may be frozen. */
const frozenTicks = 3;
/** A tab that was not heard for so many ticks is gone; a hidden one may tick only once a minute. */
const goneTicks = 6;

/**
 * With locks the tab that holds the lock leads; a visible tab takes it from one that is frozen. Without locks each visible tab leads
 * itself, and without a channel to the others each tab.
 */
export function createLeader({ name, locks, tabs, state, onChange }: LeaderOptions): Leader {
  const tab = Math.random().toString(36).slice(2);
  const heard = new Map<string, OtherTab>();
  let leads = false;
  /** Ticks since a leader was heard. */
  let silence = 0;
  let waiting = new AbortController();
  let giveUp = (): void => undefined;
  let canLock = false;

  const isVisible = (): boolean => !globalThis.document?.hidden;
  const others = (): readonly OtherTab[] => [...heard.values()];
  const tell = (): void => tabs?.tellLive?.({ ...state(), tab, leads, isVisible: isVisible() });
  const lead = (value: boolean): void => {
    if (leads === value) return;
    leads = value;
    silence = 0;
    onChange();
    tell();
  };

  /** Leads for as long as it holds the lock. Resolves to whether it has held it. */
  const hold = async (options: { readonly signal?: AbortSignal; readonly steal?: boolean }): Promise<boolean> => {
    const { signal } = waiting;
    let hasHeld = false;
    const held = (): Promise<void> =>
      new Promise((resolve) => {
        // The page may have gone meanwhile.
        if (signal.aborted) return resolve();
        hasHeld = true;
        giveUp = resolve;
        lead(true);
      });
    try {
      await locks?.request(`${name}/live`, options, held);
    } catch {
      // It was aborted, another tab has taken the lock, or there are no locks here after all, as in some frames.
    }
    if (!signal.aborted) lead(false);
    return hasHeld;
  };

  const begin = async (): Promise<void> => {
    waiting = new AbortController();
    const { signal } = waiting;
    canLock = !!locks && !!tabs;
    // A request that fails although the lock was never held would fail again at once.
    while (canLock && !signal.aborted) canLock = (await hold({ signal })) || signal.aborted;
    if (!signal.aborted) lead(!tabs || isVisible());
  };
  const stop = (): void => {
    undoBegin();
    waiting.abort();
    giveUp();
    // What they say is not heard until the page is back.
    heard.clear();
    lead(false);
  };

  if (tabs) {
    tabs.onLive = (message) => {
      if (!isState(message)) return;
      const isNew = !heard.delete(message.tab);
      heard.set(message.tab, { ...message, covered: new Set(message.covered), silence: 0 });
      if (message.leads) silence = 0;
      // A tab that has just opened does not know the others.
      if (isNew) tell();
      onChange();
    };
    tabs.onCompany = tell;
  }
  const timer = setInterval(() => {
    for (const one of heard.values()) if (++one.silence === goneTicks) heard.delete(one.tab);
    tell();
    if (++silence >= frozenTicks && canLock && !leads && isVisible()) {
      silence = 0;
      void hold({ steal: true });
    }
    onChange();
  }, tickMs);
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
  unref(timer);
  const undoBegin = later(() => void begin());

  return {
    tab,
    isLeading: () => leads,
    others,
    leading: () =>
      leads
        ? undefined
        : others()
            .filter((one) => one.leads)
            .pop(),
    tell,
    close() {
      clearInterval(timer);
      undoPage();
      stop();
      tell();
    },
  };
}

/** Whether this is a state: another tab may have another version's. */
function isState(message: unknown): message is TabState & Record<string, unknown> {
  if (!isObject(message) || typeof message['tab'] !== 'string') return false;
  return ['accounts', 'tags', 'covered'].every((list) => Array.isArray(message[list]));
}
