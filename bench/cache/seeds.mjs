// The data that the figures find on disk, written once for all of them.
import { forms } from './floor.mjs';

/** What the SDK keeps of `count` profiles that came from a server, a hundred at a time. */
export function seedOurs(lab, count) {
  return lab.seeded(`ours-${count}`, (site) => lab.trace(site, 'client.fill', { count }));
}

/** The same profiles as one write of the store leaves them, for figures that change them and need their own copy. */
export function seedStore(lab, count) {
  return lab.seeded(`store-${count}`, (site) => lab.run(site, 'store.write', { count, keep: true }));
}

/** The same records packed into one, in each of its forms. */
export function seedPacked(lab, count) {
  return lab.seeded(`packed-${count}`, async (site) => {
    for (const form of forms) await lab.run(site, 'packed.write', { count, form, keep: true });
  });
}

export function seedTanstack(lab, count) {
  return lab.seeded(`tanstack-${count}`, (site) => lab.run(site, 'tanstack.write', { count, keep: true }));
}
