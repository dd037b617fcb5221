/**
 * What an address counts as. An IPv4 address counts as itself. One customer may use every address of an IPv6 network of 64 bits, and
 * often every network of a `site` of 48 bits, so both are counted.
 */
export interface Network {
  readonly network: string;
  readonly site?: string;
}

export function networkOf(address: string): Network {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  if (!plain.includes(':')) return { network: plain };
  const [head = '', tail] = plain.toLowerCase().split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail ? tail.split(':') : [];
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  const groups = [...before, ...Array<string>(zeros).fill('0'), ...after].map((group) => group.replace(/^0+(?=.)/, ''));
  return { network: groups.slice(0, 4).join(':'), site: `${groups.slice(0, 3).join(':')}/48` };
}
