/** A network between a client and a server. A test can cut it, delay it and watch it. */
export interface Network {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** The commands and bodies that were sent, delivered or not. */
  readonly tried: { readonly command: string; readonly body: Record<string, unknown> }[];
  online: boolean;
  /** Holds the replies to requests from now on. Returns a function that releases them. */
  hold(): () => void;
  /** Passes the replies to requests from now on; held replies stay held. */
  pass(): void;
}

export function createNetwork(): Network {
  let held: Promise<void> = Promise.resolve();
  const network: Network = {
    tried: [],
    online: true,
    async fetch(url, init) {
      const command = new URL(url).pathname.split('/').at(-1) ?? '';
      network.tried.push({ command, body: JSON.parse(String(init.body)) as Record<string, unknown> });
      if (!network.online) throw new TypeError('fetch failed');
      const until = held;
      const response = await fetch(url, init);
      await until;
      return response;
    },
    hold() {
      let release = (): void => undefined;
      held = new Promise((resolve) => {
        release = resolve;
      });
      return () => release();
    },
    pass() {
      held = Promise.resolve();
    },
  };
  return network;
}
