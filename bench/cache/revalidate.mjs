// Revalidation: the bytes and requests for 1,000 accounts that have not changed, compared with fetching them.
import { seedOurs } from './seeds.mjs';

const asked = 1000;

/** Bytes and requests are counted, not timed: they are the same in every round. */
export async function cacheRevalidate(lab) {
  const { site } = await seedOurs(lab, asked);
  const fetched = await lab.run(site, 'client.fetchAll', { asked });
  const revalidated = await lab.run(site, 'client.revalidate', { asked });
  const row = (name, label, of, rest) => ({
    name: `cache-revalidate-${asked}${name}`,
    label,
    value: of(revalidated),
    floor: of(fetched),
    floorIs: 'fetching them',
    unit: 'bytes',
    ...rest,
  });
  return [
    row('', 'received, as sent (gzip)', ({ packed }) => packed, { aim: { ratio: 0.25 } }),
    row('-unpacked', 'received, unpacked', ({ unpacked }) => unpacked, { aim: { ratio: 0.25 } }),
    row('-requests', 'requests', ({ sent }) => sent.length, { unit: 'requests', aim: { most: asked / 100, text: '10' } }),
    row('-sent', 'sent', ({ sent }) => sent.reduce((sum, { body }) => sum + body.length, 0), { note: 'the numbers go with the question' }),
  ];
}
