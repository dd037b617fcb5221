// What this page stores between loads: the user, the people looked up, the address of the server. Never a usersig.
const prefix = 'webim-demo.';
/** Who is signed in is the tab's own: two tabs are two users side by side. The rest is shared by all tabs. */
const storageOf = (name) => (name === 'user' ? sessionStorage : localStorage);

export function recall(name) {
  try {
    return JSON.parse(storageOf(name).getItem(prefix + name)) ?? undefined;
  } catch {
    return undefined;
  }
}

export function remember(name, value) {
  try {
    storageOf(name).setItem(prefix + name, JSON.stringify(value ?? null));
  } catch {
    // The storage is full or forbidden: the next visit starts from nothing.
  }
}

/** Where the API is and who may sign in: from the demo server, or from the last visit while the server is down. */
export async function askConfig() {
  try {
    const response = await fetch('/demo/users');
    if (!response.ok) throw new Error(`/demo/users: expected HTTP status 200, got ${response.status}`);
    const config = await response.json();
    remember('config', config);
    return config;
  } catch {
    return recall('config');
  }
}

export async function askUserSig(identifier) {
  const response = await fetch(`/demo/usersig?${new URLSearchParams({ identifier })}`);
  const { userSig } = await response.json();
  return userSig;
}
