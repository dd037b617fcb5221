const word = /^\w{1,40}$/;

/**
 * What failed, for the log: the error's class and its code, such as `Error ECONNREFUSED`, `DatabaseError 53300` or
 * `SqliteError SQLITE_FULL`. Never its message, which may hold a path, a value or a password.
 */
export function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  // Several addresses of one host that all fail are one error around theirs.
  const [first] = error instanceof AggregateError ? error.errors : [];
  const code = codeOf(error) ?? codeOf(first);
  const name = word.test(error.constructor.name) ? error.constructor.name : 'Error';
  return code === undefined ? name : `${name} ${code}`;
}

function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return word.test(code) ? code : undefined;
}
