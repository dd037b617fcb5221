// Plays a plan: two tabs of one viewer, a server, a network and a disk, on one fake clock. Throws every fault, with a log of the run.
import { vi } from 'vitest';
import type { Profile, ProfileClient, ProfileItem, ProfileUpdate } from '../../../src/index.js';
import { ApiError, createProfileClient } from '../../../src/index.js';
import type { SimulatedBrowser, TabLife } from './browser.js';
import { createBrowser } from './browser.js';
import type { Delivery, Plan, SimulatedTag, Step } from './plan.js';
import { accounts, custom, level, nick, tabCount, tags, viewer } from './plan.js';
import type { Json, ModelServer, ServerKind, Values } from './server.js';
import { createModelServer, refusedText } from './server.js';

const staleTime = 60_000;
const longestMessageMs = 500;
const longestDiskMs = 5000;

interface Tab {
  readonly client: ProfileClient;
  readonly life: TabLife & { closed: boolean };
  /** The profiles according to the change events; `peek` must give the same. */
  readonly mirror: Map<string, Profile>;
}

/** One value that the viewer set, and what became of it. */
interface OwnValue {
  readonly tag: SimulatedTag;
  readonly value: string | number;
  readonly isUpdate: boolean;
  readonly tab: Tab;
  /** In ms since 1970. */
  readonly time: number;
  state: 'under way' | 'resolved' | 'rejected' | 'failed' | 'cleared';
  /** When a reply that accepts it came back, in ms since 1970, and to which tab. */
  answered: { readonly at: number; readonly by: TabLife } | undefined;
}

/** Plays `plan` against a server of this kind. */
export async function simulate(plan: Plan, kind: ServerKind): Promise<void> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'], now: 1_700_000_000_000 });
  const random = seededRandom();
  vi.spyOn(Math, 'random').mockImplementation(random);
  try {
    const simulation = createSimulation(plan, kind);
    await simulation.play();
    await simulation.settle();
  } finally {
    vi.restoreAllMocks();
    vi.useRealTimers();
  }
}

function createSimulation(plan: Plan, kind: ServerKind) {
  const logLines: string[] = [];
  const say = (...words: readonly unknown[]): void => {
    logLines.push(
      `${Date.now() - 1_700_000_000_000} ms: ${words.map((word) => (typeof word === 'string' ? word : JSON.stringify(word))).join(' ')}`,
    );
  };
  const faults: string[] = [];
  const fault = (text: string): void => void faults.push(text);
  const throwFaults = (): void => {
    if (faults.length > 0) throw new Error(`${faults.join('\n')}\n\n${logLines.join('\n')}`);
  };

  const server: ModelServer = createModelServer(
    kind,
    accounts.filter((account) => account !== 'late'),
  );
  const browser: SimulatedBrowser = createBrowser(plan);
  const own: OwnValue[] = [];
  const tabs: Tab[] = [];
  let skew = 0;
  let clockWasSetBack = false;
  let requests = 0;
  let isCalm = false;
  let values = 0;

  const fetchFor =
    (life: Tab['life'], name: string) =>
    async (url: string, init: RequestInit): Promise<Response> => {
      const calm: Delivery = { out: 1, back: 1, fate: 'answered' };
      const delivery = isCalm ? calm : (plan.deliveries[requests++ % Math.max(plan.deliveries.length, 1)] ?? calm);
      const { out, back, fate } = delivery;
      const command = url.includes('portrait_set') ? 'portrait_set' : 'portrait_get';
      const body = JSON.parse(String(init.body)) as Json;
      if (command === 'portrait_set') checkSet(body);
      say(name, 'sends', command, body, delivery);
      await sleep(out);
      if (fate === 'never arrives') throw new TypeError('no connection');
      if (fate === 'unavailable') return new Response('', { status: 503 });
      const reply =
        fate === 'busy' ? { ActionStatus: 'FAIL', ErrorCode: 60007, ErrorInfo: 'busy', ErrorDisplay: '' } : server.answer(command, body);
      await sleep(back);
      // An answer after the time limit reaches no client.
      if (fate === 'reply lost' || life.killed || init.signal?.aborted) throw new TypeError('no connection');
      say(name, 'gets', reply);
      if (command === 'portrait_set' && reply['ActionStatus'] === 'OK') markAnswered(body, life);
      return Response.json(reply);
    };

  const itemsOf = (body: Json): { Tag: string; Value: unknown }[] => body['ProfileItem'] as { Tag: string; Value: unknown }[];
  const checkSet = (body: Json): void => {
    for (const { Tag, Value } of itemsOf(body)) {
      const known = own.find(({ tag, value }) => tag === Tag && value === Value);
      if (!known) fault(`a set of ${Tag} to ${Value}, which no tab asked for`);
      else if (known.answered) fault(`${Tag} is set to ${Value} again after its answer`);
    }
  };
  const markAnswered = (body: Json, by: TabLife): void => {
    for (const { Tag, Value } of itemsOf(body)) {
      const known = own.find(({ tag, value }) => tag === Tag && value === Value);
      if (known) known.answered = { at: Date.now(), by };
    }
  };

  const open = (index: number): void => {
    const life = { killed: false, closed: false };
    const mirror = new Map<string, Profile>();
    const client = createProfileClient({
      endpoint: 'http://simulated.test',
      sdkAppID: 1,
      identifier: viewer,
      userSig: 'sig',
      tags,
      staleTime,
      timeout: 5000,
      store: browser.storeFor(life),
      tabs: browser.channelFor(life),
      locks: browser.locks,
      fetch: fetchFor(life, `tab ${index}`),
      now: () => Date.now() + skew,
      ...(plan.maxEntries === undefined ? {} : { maxEntries: plan.maxEntries }),
    });
    client.on('change', ({ account, profile, previous, tags: changed, source }) => {
      say(`tab ${index}`, 'change', account, source, profile ?? 'gone');
      if (mirror.get(account) !== previous && plan.maxEntries === undefined)
        fault(`change of ${account} begins at ${JSON.stringify(previous)}, not at what was shown before`);
      for (const tag of tags) {
        const differs = fieldOf(profile, tag) !== fieldOf(previous, tag);
        if (differs !== changed.includes(tag)) fault(`change of ${account} lists ${changed}, which is wrong about ${tag}`);
      }
      if (profile) mirror.set(account, profile);
      else mirror.delete(account);
    });
    client.on('failed', ({ tags: failed = [] }) => {
      for (const value of own) if (failed.includes(value.tag) && value.isUpdate && value.state === 'resolved') value.state = 'failed';
    });
    tabs[index] = { client, life, mirror };
  };

  const look = (): void => {
    for (const { client, life, mirror } of tabs) {
      if (life.killed || life.closed || plan.maxEntries !== undefined) continue;
      for (const account of accounts)
        if (client.peek(account) !== mirror.get(account)) fault(`peek of ${account} is not what the events told`);
    }
    throwFaults();
  };

  const valuesFor = (chosen: readonly SimulatedTag[], prefix: string): Values => {
    const count = ++values;
    const all: Record<SimulatedTag, string | number> = { [nick]: `${prefix}n${count}`, [level]: count, [custom]: `${prefix}c${count}` };
    return Object.fromEntries(chosen.map((tag) => [tag, all[tag]]));
  };

  /** Checks an answer: the account had these values at some time since the question. */
  const checkAnswer = (
    account: string,
    chosen: readonly SimulatedTag[],
    got: { readonly values: Values | undefined; readonly since: number },
  ): void => {
    const fits = (state: Values | undefined): boolean =>
      (state === undefined) === (got.values === undefined) && chosen.every((tag) => state?.[tag] === got.values?.[tag]);
    // Without numbers, an own set counts as newer than every question asked before its answer.
    const isOwnGuess = kind.numbers === 'none' && account === viewer && own.length > 0;
    if (!isOwnGuess && !server.history(account, got.since).some(fits)) {
      fault(
        `${account} was answered as ${JSON.stringify(got.values)}, which it was not since the question: ${JSON.stringify(server.history(account, got.since))}`,
      );
    }
  };

  const get = async (tab: Tab, names: readonly string[], chosen: readonly SimulatedTag[]): Promise<void> => {
    const since = server.time();
    const call = tab.client.getProfilePortrait({ To_Account: names, TagList: chosen });
    const reply = await call.catch((error: unknown) => (error instanceof ApiError ? (error.reply as Awaited<typeof call>) : undefined));
    for (const { To_Account, ResultCode, ProfileItem = [] } of reply?.UserProfileItem ?? []) {
      // It could not be read: that says nothing.
      if (ResultCode === 40006) continue;
      const found = Object.fromEntries(ProfileItem.map(({ Tag, Value }) => [Tag, Value]));
      checkAnswer(To_Account, chosen, { values: ResultCode === 0 ? found : undefined, since });
    }
  };

  const profiles = async (tab: Tab, names: readonly string[], chosen: readonly SimulatedTag[]): Promise<void> => {
    const results = await tab.client.getProfiles(names, { tags: chosen });
    for (const result of results) {
      if (!result.ok) continue;
      for (const tag of chosen) {
        const value = fieldOf(result.profile, tag);
        const isOwn = result.account === viewer && own.some((one) => one.tag === tag && one.value === value);
        const wasThere = server.history(result.account, 0).some((state) => state && state[tag] === value);
        if (!isOwn && !wasThere) fault(`${result.account} was answered with ${tag} ${value}, which it never had`);
      }
    }
  };

  const update = (tab: Tab, step: Extract<Step, { refused: boolean }>): void => {
    const chosen = valuesFor(step.tags, step.refused ? `${refusedText} ` : '');
    const isRefusable = step.refused && step.tags.some((tag) => tag !== level);
    const mine = Object.entries(chosen).map(([tag, value]): OwnValue => {
      return {
        tag: tag as SimulatedTag,
        value,
        isUpdate: step.do === 'update',
        tab,
        time: Date.now(),
        state: 'under way',
        answered: undefined,
      };
    });
    own.push(...mine);
    const set = (state: OwnValue['state']) => (): void => {
      for (const value of mine) if (value.state === 'under way') value.state = state;
    };
    if (step.do === 'set') {
      const items = Object.entries(chosen).map(([Tag, Value]) => ({ Tag, Value }) as ProfileItem);
      void tab.client.setProfilePortrait({ ProfileItem: items }).then(set('resolved'), set('rejected'));
      return;
    }
    const { [nick]: name, [level]: number, [custom]: mood } = chosen as { [T in SimulatedTag]?: never };
    const wanted: ProfileUpdate = { nick: name, level: number, ...(mood === undefined ? {} : { custom: { [custom]: mood } }) };
    void tab.client.updateProfile(wanted).then(set('resolved'), set('rejected'));
    for (const [tag, value] of Object.entries(chosen))
      if (fieldOf(tab.client.peek(viewer), tag as SimulatedTag) !== value) fault(`the update of ${tag} to ${value} is not shown at once`);
    if (isRefusable) say('which the server will refuse');
  };

  const act = (step: Step): void => {
    say('---', step);
    if ('tab' in step) actInTab(step);
    else if (step.do === 'server set') server.set(step.account, valuesFor(step.tags, 's'));
    else if (step.do === 'server create') server.create(step.account);
    else if (step.do === 'server delete') server.delete(step.account);
    else if (step.do === 'restore') server.restore(step.changes);
    else if (step.do === 'move clock') {
      skew += step.ms;
      clockWasSetBack ||= step.ms < 0;
    }
  };

  const actInTab = (step: Extract<Step, { tab: number }>): void => {
    const tab = tabs[step.tab] as Tab;
    if (step.do === 'get') void get(tab, step.accounts, step.tags);
    else if (step.do === 'profiles') void profiles(tab, step.accounts, step.tags);
    else if (step.do === 'update' || step.do === 'set') update(tab, step);
    else if (step.do === 'clear') {
      for (const value of own) value.state = 'cleared';
      void tab.client.clear();
      for (const account of accounts) if (tab.client.peek(account)) fault(`${account} is still shown after clear()`);
    } else {
      tab.life.killed = step.do === 'kill';
      // An answer that a tab got just before it was killed may not be on disk.
      const isLost = ({ answered }: OwnValue): boolean => answered?.by === tab.life && Date.now() - answered.at < longestDiskMs;
      if (tab.life.killed) for (const value of own.filter(isLost)) value.answered = undefined;
      tab.life.closed = true;
      tab.client.close();
      open(step.tab);
    }
  };

  const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
  const pass = async (ms: number): Promise<void> => {
    await vi.advanceTimersByTimeAsync(ms);
    look();
  };

  return {
    async play(): Promise<void> {
      for (let index = 0; index < tabCount; index++) open(index);
      for (const { pause, step } of plan.steps) {
        if (pause > 0) await pass(pause);
        act(step);
        throwFaults();
      }
    },

    /** Waits until all is at rest. Compares both tabs and the disk with the server, and both tabs again after a reload. */
    async settle(): Promise<void> {
      isCalm = true;
      browser.calm();
      await pass(10 * 60_000);
      for (const { client } of tabs) {
        const pending = client.status(viewer)?.pending ?? [];
        if (pending.length > 0) fault(`${pending} still pending at rest`);
      }
      if (browser.disk().updates > 0) fault(`${browser.disk().updates} updates still on the disk at rest`);
      this.checkOwn();
      for (const tab of tabs) await this.checkAll(tab);
      this.checkShown('at rest');
      for (const [index, { client, life }] of tabs.entries()) {
        client.close();
        life.closed = true;
        await pass(2000);
        open(index);
        await pass(6000);
      }
      // Without comparable numbers a disk orders versions by time, which fails when the clock was set back.
      const wasRestored = plan.steps.some(({ step }) => step.do === 'restore');
      const isOrdered = (kind.numbers === 'per account' && !wasRestored) || !clockWasSetBack;
      if (plan.maxEntries === undefined && isOrdered) this.checkShown('after a reload');
      for (const tab of tabs) await this.checkAll(tab);
      const [first] = tabs;
      void first?.client.clear();
      await pass(5000);
      for (const { client } of tabs)
        for (const account of accounts) if (client.peek(account)) fault(`${account} is shown after the last clear`);
      if (browser.disk().accounts.length > 0) fault(`${browser.disk().accounts} on the disk after the last clear`);
      for (const { client } of tabs) client.close();
      await pass(2000);
      if (vi.getTimerCount() > 0) fault(`${vi.getTimerCount()} timers are left after close()`);
      throwFaults();
    },

    /** Checks that each resolved own value reached the server, unless a later one of the same tag replaced it. */
    checkOwn(): void {
      for (const [index, { tag, value, state, tab, time }] of own.entries()) {
        const reached = server.history(viewer, 0).some((one) => one?.[tag] === value);
        // Two tabs that do not know of each other yet order their updates by the clock, and by chance within one millisecond.
        const isLater = (other: OwnValue, place: number): boolean =>
          place > index || clockWasSetBack || (other.tab !== tab && time - other.time < longestMessageMs);
        const isReplaced = own.some((other, place) => other.tag === tag && other.value !== value && isLater(other, place));
        if (state === 'resolved' && !reached && !isReplaced) fault(`${tag} ${value} was resolved, and never reached the server`);
        const isShown = tabs.some(({ client }) => fieldOf(client.peek(viewer), tag) === value);
        if (!reached && isShown) fault(`${tag} ${value} is shown at rest, and never reached the server`);
      }
      throwFaults();
    },

    async checkAll(tab: Tab): Promise<void> {
      void get(tab, accounts, tags);
      await pass(1000);
      void get(tab, accounts, tags);
      await pass(1000);
    },

    /** Checks that the server has what is shown. */
    checkShown(when: string): void {
      for (const { client } of tabs) {
        for (const account of accounts) {
          const shown = client.peek(account);
          const { values: present } = server.now(account);
          if (plan.maxEntries !== undefined && !shown) continue;
          if ((shown === undefined) !== (present === undefined))
            fault(`${when} ${account} is shown as ${JSON.stringify(shown)}, it is ${JSON.stringify(present)}`);
          for (const tag of tags)
            if (shown && fieldOf(shown, tag) !== present?.[tag])
              fault(`${when} ${tag} of ${account} is shown as ${fieldOf(shown, tag)}, it is ${present?.[tag]}`);
        }
      }
      throwFaults();
    },
  };
}

function fieldOf(profile: Profile | undefined, tag: SimulatedTag): string | number | undefined {
  if (tag === nick) return profile?.nick;
  return tag === level ? profile?.level : profile?.custom[custom];
}

/** The same numbers in each run, so that a plan repeats exactly. */
function seededRandom(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 48_271) >>> 0) % 0x7fff_ffff;
    return state / 0x7fff_ffff;
  };
}
