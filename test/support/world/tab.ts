import type { ProfileClient } from '../../../src/index.js';
import { createProfileClient } from '../../../src/index.js';
import { app } from '../server.js';
import type { Eyes } from './eyes.js';
import { createEyes } from './eyes.js';
import { createKnowledge } from './known.js';
import { createLedger } from './ledger.js';
import type { Page, Watch } from './page.js';
import { together } from './page.js';
import type { Thrift } from './thrift.js';
import { createThrift } from './thrift.js';
import type { Tag } from './words.js';
import { ownTags } from './words.js';
import type { World } from './world.js';

/** A page with its client, and those who watch it. */
export interface Tab {
  readonly page: Page;
  readonly client: ProfileClient;
  readonly eyes: Eyes;
  readonly calls: Thrift['calls'];
  /** By own tag: where in the viewer's history the last own set is that this page was answered. */
  readonly own: ReadonlyMap<Tag, number>;
  close(): void;
  kill(): void;
}

export const clientStaleTime = 60_000;

/** Opens a page of this viewer in the world. */
export function openTab(world: World, viewer: string, number: number): Tab {
  const { clock, truth, kind, plan, now, blame } = world;
  const own = new Map<Tag, number>();
  let life: ReturnType<Page['life']> = 'open';
  let isReady = false;
  const keeps = plan.maxEntries === undefined;
  const knowledge = createKnowledge({ viewer, moment: clock.moment, now });
  const thrift = createThrift({ clock, kind, knowledge, ready: () => isReady, keeps, blame });
  const rest: Partial<Watch> = {
    cleared: () => eyes.cleared(),
    came({ command, tags, place }, reply) {
      if (command === 'portrait_set' && reply['ActionStatus'] === 'OK') for (const tag of tags) own.set(tag as Tag, place);
    },
  };
  const page: Page = {
    name: `${viewer}/${number}`,
    viewer,
    life: () => life,
    watch: together([
      diary(world, () => page),
      thrift,
      createLedger({ truth, viewer, blame }),
      knowledge,
      world.turns?.watchOf(viewer) ?? {},
      rest,
    ]),
  };
  const client = createProfileClient({
    endpoint: 'http://im.test',
    sdkAppID: app.sdkAppID,
    identifier: viewer,
    userSig: world.userSigs[viewer] ?? '',
    tags: ownTags,
    staleTime: clientStaleTime,
    store: world.diskOf(viewer).openFor(page),
    tabs: world.bus.openFor(page),
    fetch: world.network.fetchOf(page),
    now,
    ...(plan.maxEntries === undefined ? {} : { maxEntries: plan.maxEntries }),
  });
  const hints = plan.tabs > 1 && plan.steps.some(({ deed }) => deed.do === 'own' && deed.via === 'update');
  const hinted = hints ? viewer : undefined;
  const eyes = createEyes({ client, viewer, truth, ordered: world.ordered, hinted, evicts: !keeps, ahead: world.ahead, blame });
  world.log(page.name, 'opens');
  void client.ready.then(() => {
    isReady = true;
    eyes.open();
  });
  const end = (how: typeof life): void => {
    world.log(page.name, how);
    if (how === 'killed') life = how;
    client.close();
    life = how;
  };
  return { page, client, eyes, own, calls: thrift.calls, close: () => end('closed'), kill: () => end('killed') };
}

/** Writes down what passes the border, and what befell the page's requests. */
function diary({ log, befall, tabs }: World, page: () => Page): Partial<Watch> {
  const said =
    (what: string) =>
    (...given: unknown[]): void =>
      log(page().name, what, ...given);
  return {
    sent: ({ command, body }) => log(page().name, 'sends', command, body),
    came(_request, reply) {
      log(page().name, 'gets', reply);
      const { ErrorCode, UserProfileItem, CurrentStandardSequence } = reply;
      // It may have been another page's update.
      const pages = [page(), ...tabs().map((tab) => tab.page)].filter(({ viewer }) => viewer === page().viewer);
      if (ErrorCode === 40808 || ErrorCode === 40602) befall(page(), 'busy');
      else if (ErrorCode === 40005) for (const one of pages) befall(one, 'refused');
      else if (!UserProfileItem && CurrentStandardSequence === undefined) befall(page(), 'hiccup');
    },
    lost(_request, how) {
      log(page().name, 'loses a request:', how);
      befall(page(), how);
    },
    told: said('tells'),
    heard: said('hears'),
    saved: said('saves'),
    loaded: said('loads'),
    cleared() {
      log(page().name, 'forgets everything');
      befall(page(), 'cleared');
    },
  };
}
