/** Whether less than `ms` have passed since `at`. False for a time to come: the clock was set back, and the age is not known. */
export function isWithin(ms: number, at: number, now: number): boolean {
  return at <= now && now - at < ms;
}
