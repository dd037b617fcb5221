// What this page remembers between loads: the user, what was looked at, where the server is. Never a usersig.
const prefix = 'webim-demo.';

export function recall(name) {
  try {
    return JSON.parse(localStorage.getItem(prefix + name)) ?? undefined;
  } catch {
    return undefined;
  }
}

export function remember(name, value) {
  try {
    localStorage.setItem(prefix + name, JSON.stringify(value ?? null));
  } catch {
    // A full or forbidden storage: the next visit starts from nothing.
  }
}

/** Where the API is and who may sign in: from the demo server, or as it last said while it is away. */
export async function askDesk() {
  try {
    const response = await fetch('/demo/users');
    if (!response.ok) throw new Error(`/demo/users: expected HTTP status 200, got ${response.status}`);
    const desk = await response.json();
    remember('desk', desk);
    return desk;
  } catch {
    return recall('desk');
  }
}

export async function askUserSig(identifier) {
  const response = await fetch(`/demo/usersig?${new URLSearchParams({ identifier })}`);
  const { userSig } = await response.json();
  return userSig;
}
