/** A random number from 1 to 4294967295. */
export function newEpoch(): number {
  const [epoch] = crypto.getRandomValues(new Uint32Array(1));
  return epoch || newEpoch();
}
