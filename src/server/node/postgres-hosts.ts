/**
 * The URLs of the servers that a DATABASE_URL names, in its order: `postgres://user@a:5432,b:5433/im` names two, and so does
 * `?host=/a,/b&port=5432,5433`. `pg` reads URLs of one host only. Undefined where the hosts and ports cannot be told.
 */
export function urlsOfHosts(url: string): readonly string[] | undefined {
  const [, before, hosts = '', after] = /^(postgres(?:ql)?:\/\/(?:[^/?#]*@)?)([^/?#]*)(.*)$/s.exec(url) ?? [];
  if (before === undefined) return undefined;
  const urls = hosts.split(',').map((host) => `${before}${host}${after}`);
  if (urls.length > 1 && hosts.split(',').includes('')) return undefined;
  if (!urls.every((each) => URL.canParse(each))) return undefined;
  return withParameters(urls);
}

/** Gives each URL its own part of the parameters `host` and `port`, which stand above what the URL itself says. */
function withParameters(urls: readonly string[]): readonly string[] | undefined {
  const { searchParams } = new URL(urls[0] ?? '');
  const hosts = searchParams.get('host')?.split(',') ?? [];
  const ports = searchParams.get('port')?.split(',') ?? [];
  const count = Math.max(urls.length, hosts.length);
  if (count === 1 && ports.length < 2) return urls;
  if (![0, 1, count].includes(ports.length) || ![1, count].includes(urls.length) || ![0, 1, count].includes(hosts.length)) return undefined;
  return Array.from({ length: count }, (_, index) => {
    const url = new URL(urls[index] ?? urls[0] ?? '');
    for (const [name, list] of Object.entries({ host: hosts, port: ports })) {
      const own = list[index] ?? list[0];
      if (own !== undefined) url.searchParams.set(name, own);
    }
    return String(url);
  });
}
