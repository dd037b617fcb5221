/** Whether less than `ms` have passed since `at`. A time to come is a clock that was moved back: then nobody knows, and it is not said. */
export function isWithin(ms: number, at: number, now: number): boolean {
  return at <= now && now - at < ms;
}
