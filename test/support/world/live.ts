import type { PortraitGetReply, ProfileUpdate } from '../../../src/index.js';
import { ApiError } from '../../../src/index.js';
import type { ProfileItem } from '../../../src/wire/types.js';
import type { Asked } from './answers.js';
import type { Deed, Plan, Wish } from './plan.js';
import type { Kind } from './server-kinds.js';
import type { Tab } from './tab.js';
import { clientStaleTime } from './tab.js';
import type { Tag, TagValues } from './words.js';
import { accounts, allow, allTags, fieldOf, latecomer, level, mood, nick, ownTags, rudeWord } from './words.js';
import type { World } from './world.js';
import { createWorld } from './world.js';

/** Lives through a plan against a server of this kind, and throws what was found wrong, with the story of how it came to it. */
export async function live(plan: Plan, kind: Kind): Promise<void> {
  const world = await createWorld(plan, kind);
  const { clock } = world;
  const undo = clock.install();
  try {
    for (let number = 0; number < plan.tabs; number++) await clock.now(() => world.open(number));
    await play(world);
    await check(world);
  } finally {
    undo();
  }
}

/** Does all the plan's deeds, each at its time, and lets everything come to rest. */
async function play(world: World): Promise<void> {
  const { clock, plan, network, bus } = world;
  const act = createActor(world);
  const ticks: Deed[][] = [];
  let time = 0;
  for (const { after, deed } of plan.steps) {
    const tick = after === undefined ? ticks.at(-1) : undefined;
    if (tick) {
      tick.push(deed);
      continue;
    }
    const deeds = [deed];
    ticks.push(deeds);
    time += after ?? 0;
    clock.after(time, async () => {
      // What the server does takes a while; the pages' own deeds are to belong to one tick.
      for (const one of deeds) if (!('tab' in one)) await act(one);
      for (const one of deeds) if ('tab' in one) act(one);
    });
  }
  const { clearLast } = plan;
  clock.after(time, () => {
    network.calm();
    bus.calm();
    // What waits for the disk has not been asked yet, and may be asked after this.
    if (clearLast !== undefined)
      void Promise.all(world.tabs().map(({ client }) => client.ready)).then(() =>
        // Of two clears in one millisecond nobody can tell the later one.
        clock.after(1, () => act({ do: 'clear', tab: clearLast })),
      );
  });
  await clock.runOut();
  // Tabs order their words by the clock, where they have not heard of each other yet.
  const backwards = plan.steps.some(({ deed }) => deed.do === 'skew' && deed.ms < 0);
  if (clearLast !== undefined && !backwards) await clock.now(() => checkForgotten(world, world.tab(clearLast).page.viewer));
}

function checkForgotten({ tabs, diskOf, blame }: World, viewer: string): void {
  for (const { page, client } of tabs())
    for (const account of accounts)
      if (page.viewer === viewer && client.peek(account))
        blame('gone', `${page.name} still shows ${account} after everything was to be forgotten`);
  const kept = [...diskOf(viewer).records().keys()];
  if (kept.length > 0) blame('gone', `${kept} still on disk after everything was to be forgotten`);
  if (diskOf(viewer).unsent()) blame('gone', 'an unsent update still on disk after everything was to be forgotten');
}

/** Asks for everything in every tab, and once more after a reload: it must be what the server has. */
async function check(world: World): Promise<void> {
  const { clock, tabs, plan } = world;
  for (const tab of tabs()) {
    await clock.now(() => undefined);
    await checkAll(world, tab);
    await checkAll(world, tab);
  }
  for (const tab of tabs()) await clock.now(() => checkShown(world, tab));
  for (const tab of [...tabs()]) {
    await clock.now(tab.close);
    await clock.runOut();
    await clock.now(() => world.open(tabs().indexOf(tab)));
    await clock.runOut();
  }
  const keeps = plan.maxEntries === undefined;
  for (const tab of tabs()) {
    if (keeps && !world.astray) await clock.now(() => checkShown(world, tab, true));
    await checkAll(world, tab);
  }
  if (keeps && !world.astray) for (const tab of tabs()) await checkStale(world, tab);
  for (const tab of tabs()) await clock.now(tab.close);
  await clock.runOut();
}

/** What is out of date is answered all the same, and asked for behind that answer. */
async function checkStale({ clock, truth, blame, skew }: World, tab: Tab): Promise<void> {
  const name = `last of ${tab.page.name}`;
  await clock.now(() => truth.store.write(0, 'bob', { [nick]: name }));
  skew(2 * clientStaleTime);
  await clock.now(() => {
    tab.calls({ always: false, accounts: ['bob'], tags: ownTags, staleTime: clientStaleTime });
    void tab.client.getProfile('bob');
  });
  await clock.runOut();
  await clock.now(() => {
    const shown = tab.client.peek('bob')?.nick;
    if (shown !== name && !truth.blurred('bob')) blame('truth', `${tab.page.name} shows ${shown} after a stale answer, it is ${name}`);
  });
}

async function checkAll(world: World, tab: Tab): Promise<void> {
  const { clock, truth, blame } = world;
  const asked = askedBy(world, tab, { accounts, tags: allTags });
  const wrong = (account: string, tag: Tag, value: unknown): void => {
    const is = truth.present(account).values?.[tag];
    if (value !== is && !truth.blurred(account))
      blame('truth', `in the end ${tab.page.name} got ${value} for ${tag} of ${account}, it is ${is}`);
  };
  await clock.now(() => {
    tab.calls({ always: true, accounts, tags: allTags, staleTime: 0 });
    const failed = (error: unknown): PortraitGetReply | undefined => {
      if (error instanceof ApiError) return error.reply as PortraitGetReply;
      world.judge.failed(asked, error);
      return undefined;
    };
    tab.client
      .getProfilePortrait({ To_Account: accounts, TagList: allTags })
      .catch(failed)
      .then((reply) => {
        if (!reply) return;
        world.judge.portrait(asked, reply);
        for (const { To_Account, ProfileItem } of reply.UserProfileItem)
          for (const tag of allTags) wrong(To_Account, tag, ProfileItem?.find((item) => item.Tag === tag)?.Value);
      });
  });
  await clock.runOut();
  await clock.now(() => {
    tab.calls({ always: false, accounts, tags: ownTags, staleTime: clientStaleTime });
    tab.client.getProfiles(accounts).then((results) => {
      for (const result of results)
        for (const tag of ownTags) wrong(result.account, tag, result.ok ? fieldOf(result.profile, tag) : undefined);
    });
  });
  await clock.runOut();
  await clock.now(() => checkShown(world, tab));
}

/** Looks at what is shown. After a reload nothing of what was there may be missing. */
function checkShown({ truth, plan, blame }: World, { page, client, eyes }: Tab, reloaded = false): void {
  eyes.look();
  for (const account of accounts) {
    const profile = client.peek(account);
    if (truth.blurred(account) || (!profile && (plan.maxEntries !== undefined || !truth.present(account).values))) continue;
    for (const tag of allTags) {
      const is = truth.present(account).values?.[tag];
      // What was evicted, and then asked for anew with other tags, lacks these.
      if (plan.maxEntries !== undefined && fieldOf(profile, tag) === undefined) continue;
      if (fieldOf(profile, tag) !== is)
        blame(
          'truth',
          `${reloaded ? 'after a reload' : 'in the end'} ${page.name} shows ${fieldOf(profile, tag)} for ${tag} of ${account}, it is ${is}`,
        );
    }
  }
}

function askedBy(world: World, { page, own }: Tab, { accounts, tags }: Pick<Asked, 'accounts' | 'tags'>): Asked {
  return { page, accounts, tags, since: world.clock.moment(), own: new Map(own), aborted: () => false };
}

/** Does single deeds. */
function createActor(world: World): (deed: Deed) => Promise<unknown> | undefined {
  const { clock, truth, judge, log, tab: tabOf } = world;
  let writes = 0;
  const valuesOf = ({ tags, empty }: Wish, prefix = ''): Record<string, string | number> => {
    const count = ++writes;
    const words = ['AllowType_Type_NeedConfirm', 'AllowType_Type_AllowAny', 'AllowType_Type_DenyAny'];
    const all = {
      [nick]: `${prefix}n${count}`,
      [level]: count,
      [allow]: words[count % 3] ?? '',
      [mood]: empty ? '' : `${prefix}m${count}`,
    };
    return Object.fromEntries(tags.map((tag) => [tag, all[tag as keyof typeof all] as string | number]));
  };
  const abortable = (asked: Asked, ms: number | undefined): { asked: Asked; signal: AbortSignal | undefined } => {
    if (ms === undefined) return { asked, signal: undefined };
    const controller = new AbortController();
    clock.after(ms, () => controller.abort());
    return { asked: { ...asked, aborted: () => controller.signal.aborted }, signal: controller.signal };
  };

  return (deed) => {
    log('---', deed);
    switch (deed.do) {
      case 'write':
        return truth.store.write(0, deed.account, valuesOf(deed.wish));
      case 'import':
        return truth.store.create(0, [latecomer]);
      case 'restore':
        return truth.restore(deed.deeds);
      case 'skew':
        world.skew(deed.ms);
        return undefined;
      case 'clear':
        clear(world, tabOf(deed.tab));
        return undefined;
      case 'reload': {
        const { kill, close } = tabOf(deed.tab);
        (deed.kill ? kill : close)();
        world.open(deed.tab % world.tabs().length);
        return undefined;
      }
      case 'own': {
        const rude = deed.rude ? rudeWord : '';
        const tags = new Set(deed.wish.tags);
        // What is shown before the answer must be told from what others set: these have few values.
        if (deed.via === 'update') tags.delete(allow);
        const empty = deed.wish.empty && deed.via !== 'update';
        // Without a value of its own nobody could tell one set from another.
        if (!tags.has(level) || rude) tags.add(nick);
        setOwn(world, tabOf(deed.tab), { values: valuesOf({ tags: [...tags], empty }, rude) as TagValues, via: deed.via });
        return undefined;
      }
      case 'portrait': {
        const tab = tabOf(deed.tab);
        const { asked, signal } = abortable(askedBy(world, tab, deed), deed.abortAfter);
        tab.calls({ always: true, accounts: deed.accounts, tags: deed.tags, staleTime: 0 });
        tab.client.getProfilePortrait({ To_Account: deed.accounts, TagList: deed.tags, signal }).then(
          (reply) => judge.portrait(asked, reply),
          (error) => judge.failed(asked, error),
        );
        return undefined;
      }
      case 'profiles': {
        const tab = tabOf(deed.tab);
        const tags = deed.tags ?? ownTags;
        const { asked, signal } = abortable(askedBy(world, tab, { accounts: deed.accounts, tags }), deed.abortAfter);
        tab.calls({ always: false, accounts: deed.accounts, tags, staleTime: deed.staleTime ?? clientStaleTime });
        tab.client.getProfiles(deed.accounts, { tags: deed.tags, staleTime: deed.staleTime, signal }).then((results) => {
          for (const [index, result] of results.entries()) {
            if (result.account !== deed.accounts[index]) world.blame('truth', `asked for ${deed.accounts}, got ${result.account}`);
            if (result.ok) judge.profile(asked, result.account, result.profile);
            else judge.failed(asked, result.error, result.account);
          }
        });
        return undefined;
      }
    }
  };
}

function clear({ blame }: World, { page, client }: Tab): void {
  page.watch.cleared();
  void client.clear();
  for (const account of accounts) if (client.peek(account)) blame('gone', `${page.name} still shows ${account} after clear()`);
}

function setOwn(world: World, tab: Tab, { values, via }: { values: TagValues; via: 'set' | 'update' }): void {
  const asked = askedBy(world, tab, { accounts: [tab.page.viewer], tags: Object.keys(values) as Tag[] });
  const failed = (error: unknown): void => {
    world.judge.failed(asked, error);
    const shown = tab.page.life() === 'open' ? tab.client.peek(tab.page.viewer) : undefined;
    for (const [tag, value] of Object.entries(values) as [Tag, unknown][])
      if (fieldOf(shown, tag) === value && world.ahead(tab.page.viewer, value))
        world.blame('own writes', `${tab.page.name} still shows ${value}, which was refused or given up`);
  };
  const items = Object.entries(values).map(([Tag, Value]) => ({ Tag, Value }) as ProfileItem);
  for (const value of Object.values(values)) world.choose(value);
  if (via === 'set') return void tab.client.setProfilePortrait({ ProfileItem: items }).then(() => undefined, failed);
  for (const [tag, value] of Object.entries(values)) world.offer(tag as Tag, value);
  const { [nick]: name, [level]: number, [allow]: allowType, [mood]: custom } = values as Record<string, never>;
  const update: ProfileUpdate = { nick: name, level: number, allowType, custom: custom === undefined ? undefined : { [mood]: custom } };
  tab.client.updateProfile(update).then(() => undefined, failed);
}
