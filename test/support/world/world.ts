import { signUserSig } from '../../../src/server.js';
import { app } from '../server.js';
import type { Judge } from './answers.js';
import { createJudge } from './answers.js';
import type { Clock } from './clock.js';
import { createClock } from './clock.js';
import type { Disk } from './memory-disk.js';
import { createMemoryDisk } from './memory-disk.js';
import type { Network } from './network.js';
import { createNetwork } from './network.js';
import type { Blame, Page } from './page.js';
import type { Plan } from './plan.js';
import type { Kind } from './server-kinds.js';
import { createAnswering } from './server-kinds.js';
import type { Tab } from './tab.js';
import { openTab } from './tab.js';
import type { TabBus } from './tab-bus.js';
import { createTabBus } from './tab-bus.js';
import type { Truth } from './truth.js';
import { createTruth, placeOf } from './truth.js';
import type { Turns } from './turns.js';
import { createTurns } from './turns.js';
import type { Tag } from './words.js';
import { accounts, latecomer } from './words.js';

/** A server, the pages of two viewers, what lies between them, and a clock that all of it goes by. */
export interface World {
  readonly plan: Plan;
  readonly clock: Clock;
  readonly truth: Truth;
  readonly network: Network;
  readonly bus: TabBus;
  readonly judge: Judge;
  /** Undefined where nobody can keep to turns. */
  readonly turns: Turns | undefined;
  readonly blame: Blame;
  readonly userSigs: Readonly<Record<string, string>>;
  /** Whether versions only go up, and every answer says which it is of. */
  readonly ordered: boolean;
  /** Whether versions are told by time alone and the clock is set back: then an older one wins, and nobody could know better. */
  readonly astray: boolean;
  kind(): Kind;
  diskOf(viewer: string): Disk;
  tabs(): readonly Tab[];
  /** The tab of that number, counted round and round. */
  tab(number: number): Tab;
  /** Opens a page in this tab, in the place of the one that was there. */
  open(number: number): Tab;
  /** The pages' clock: ms since 1970, which may be set wrong. */
  now(): number;
  skew(ms: number): void;
  /** Notes that a viewer sets this. */
  choose(value: unknown): void;
  /** Notes that a viewer wants this, so that it may be shown before the server has it. */
  offer(tag: Tag, value: unknown): void;
  /** Whether somebody wants this and the server has never had it. */
  ahead(account: string, value: unknown): boolean;
  /** Notes what happened to one of a page's requests. */
  befall(page: Page, what: string): void;
  log(...words: unknown[]): void;
}

const start = 1_700_000_000_000;
const sign = (identifier: string): Promise<string> => signUserSig({ ...app, identifier, time: start / 1000 });
const signed = Promise.all([sign('me'), sign('you')]);
const viewers = ['me', 'me', 'you'];

export async function createWorld(plan: Plan, kind: Kind): Promise<World> {
  const [me, you] = await signed;
  const { log, blame, check } = createStory(() => `${clock.time()} ms #${clock.moment()}`);
  const tabs: Tab[] = [];
  let skewed = 0;
  const looked = (): void => {
    if (plan.watched) for (const { page, eyes } of tabs) if (page.life() === 'open') eyes.look();
    check();
  };
  const clock = createClock({ looked, turns: 1 });
  const truth = createTruth(clock.moment);
  for (const account of accounts) if (account !== latecomer) await truth.store.create(0, [account]);

  const offered = new Map<unknown, Tag>();
  const chosen = new Set<unknown>();
  const ahead = (account: string, value: unknown): boolean => {
    const tag = offered.get(value);
    return tag !== undefined && viewers.includes(account) && placeOf(truth.past(account), tag, [value, 0]) < 0;
  };
  const { befall, befell } = createFates(clock.moment);
  const ordered = kind.numbers === 'per account' && !kind.restores;
  const astray = kind.numbers !== 'per account' && plan.steps.some(({ deed }) => deed.do === 'skew' && deed.ms < 0);
  const disks = new Map(viewers.map((viewer) => [viewer, createMemoryDisk({ clock, delays: plan.diskDelays })]));

  const world: World = {
    plan,
    clock,
    truth,
    network: createNetwork({ clock, truth, answer: createAnswering(() => kind, truth, start), weather: plan.weather }),
    bus: createTabBus({ clock, delays: plan.busDelays }),
    judge: createJudge({ truth, moment: clock.moment, perAccount: ordered, astray, chosen, befell, ahead, blame }),
    turns: canTakeTurns(plan) ? createTurns(blame, (value) => offered.has(value)) : undefined,
    blame,
    userSigs: { me, you },
    ordered,
    astray,
    kind: () => kind,
    diskOf: (viewer) => disks.get(viewer) as Disk,
    tabs: () => tabs,
    tab: (number) => tabs[number % tabs.length] as Tab,
    open(number) {
      const tab = openTab(world, viewers[number] ?? 'me', number);
      tabs[number] = tab;
      return tab;
    },
    now: () => start + clock.time() + skewed,
    skew(ms) {
      skewed += ms;
    },
    choose: (value) => void chosen.add(value),
    offer: (tag, value) => void offered.set(value, tag),
    ahead,
    befall,
    log,
  };
  return world;
}

/** Whether tabs hear of each other in good time, find what is kept in good time, and go by one clock. */
function canTakeTurns({ steps, diskDelays, busDelays }: Plan): boolean {
  return [...diskDelays, ...busDelays].every((ms) => Number(ms) < 200) && steps.every(({ deed }) => deed.do !== 'skew');
}

/** What happened, for whoever has to understand a failure; and what was found wrong. */
function createStory(when: () => string): { log: World['log']; blame: Blame; check: () => void } {
  const said: unknown[][] = [];
  const faults: string[] = [];
  const inWords = (word: unknown): string => (typeof word === 'string' ? word : JSON.stringify(word));
  return {
    log: (...words) => void said.push([when(), ...words]),
    blame: (rule, text) => void faults.push(`[${rule}] ${text}`),
    check() {
      if (faults.length > 0) throw new Error(`${faults.join('\n')}\n\n${said.map((words) => words.map(inWords).join(' ')).join('\n')}`);
    },
  };
}

/** What befell each page's requests, and when: the reasons why its calls may fail. */
function createFates(moment: () => number): { befall: World['befall']; befell: (page: Page, since: number) => ReadonlySet<string> } {
  const fates: { page: Page; at: number; what: string }[] = [];
  return {
    befall: (page, what) => void fates.push({ page, at: moment(), what }),
    befell: (page, since) => new Set(fates.filter((fate) => fate.page === page && fate.at >= since).map(({ what }) => what)),
  };
}
