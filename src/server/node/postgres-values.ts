import type { StoredValues } from '../store.js';

// A jsonb value lets the database merge a write by itself, and an operator read it, but it takes neither U+0000 nor half
// a surrogate pair, and a nick may hold both. Such a text is kept as the JSON text of itself, which is plain ASCII
// there. A text that begins like a JSON text is kept so too, so that the two cannot be confused.

export function toJsonb(values: StoredValues): string {
  return JSON.stringify(
    Object.fromEntries(Object.entries(values).map(([tag, value]) => [tag, isUnfit(value) ? JSON.stringify(value) : value])),
  );
}

export function fromJsonb(stored: StoredValues): StoredValues {
  const entries = Object.entries(stored);
  if (!entries.some(([, value]) => isEscaped(value))) return stored;
  return Object.fromEntries(entries.map(([tag, value]) => [tag, isEscaped(value) ? (JSON.parse(String(value)) as string) : value]));
}

const halfPair: RegExp = /[\ud800-\udfff]/u;

function isUnfit(value: string | number): boolean {
  return typeof value === 'string' && (isEscaped(value) || value.includes('\0') || halfPair.test(value));
}

function isEscaped(value: string | number): boolean {
  return typeof value === 'string' && value.startsWith('"');
}
