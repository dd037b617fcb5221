/** Where profiles are kept. */
export type DatabaseConfig =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'memory' }
  /** `pool`: connections at most. `timeout`: longest wait for a connection, and for a statement, in ms. */
  | { readonly kind: 'postgres'; readonly url: string; readonly pool: number; readonly timeout: number };

/** What a DATABASE_URL names, or undefined where it is none. */
export function readDatabase(url: string, limits: { readonly pool: number; readonly timeout: number }): DatabaseConfig | undefined {
  if (url === ':memory:') return { kind: 'memory' };
  if (/^postgres(ql)?:\/\//.test(url)) return URL.canParse(url) ? { kind: 'postgres', url, ...limits } : undefined;
  const path = /^file:(.+)$/.exec(url)?.[1];
  return path === undefined ? undefined : { kind: 'file', path };
}
