/** The codes of SQLite that are told apart here. */
const codes = { busy: 5, readonly: 8 } as const;

/** Whether SQLite failed by this code. The extended codes have more bits on top of it. */
export function isCode(error: unknown, code: keyof typeof codes): boolean {
  return error instanceof Error && 'rawCode' in error && typeof error.rawCode === 'number' && (error.rawCode & 0xff) === codes[code];
}
