const wildcard = 'https://*.';
/** Pages of these have the origin `null`, or none: a list could not tell them apart. */
const withoutOrigin: readonly string[] = ['file', 'data', 'blob', 'about', 'javascript', 'ws', 'wss', 'ftp', 'null'];

/** Whether a browser may send this as a page's origin. A leading `https://*.` stands for every host below the one named. */
export function isOrigin(text: string): boolean {
  const plain = text.startsWith(wildcard) ? `https://${text.slice(wildcard.length)}` : text;
  if (plain.includes('*') || plain.includes('://.') || !URL.canParse(plain)) return false;
  if (/^https?:/.test(plain)) return new URL(plain).origin === plain;
  // URL knows no origin of other schemes, but apps and extensions have one: the scheme and the host as they are written.
  const [, scheme = 'null', host = ''] = /^([a-z][a-z\d+.-]*):\/\/([^/?#@\s]+)$/.exec(plain) ?? [];
  return host !== '' && !withoutOrigin.includes(scheme);
}

/** Answers with the origin where it is one of `origins`, for `Access-Control-Allow-Origin`. */
export function createOriginMatcher(origins: readonly string[]): (origin: string) => string | null {
  const exact = new Set(origins);
  const below = origins.filter((origin) => origin.startsWith(wildcard)).map((origin) => origin.slice(wildcard.length - 1));
  const matches = (origin: string): boolean =>
    exact.has(origin) || below.some((end) => origin.startsWith('https://') && origin.endsWith(end) && isOrigin(origin));
  return (origin) => (matches(origin) && !origin.includes('*') ? origin : null);
}
