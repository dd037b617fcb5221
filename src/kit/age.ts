/** Whether less than `ms` have passed since `at`. False if `at` is in the future: the clock was set back. */
export function isWithin(ms: number, at: number, now: number): boolean {
  return at <= now && now - at < ms;
}
