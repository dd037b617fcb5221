import { utf8Bytes } from './bytes.js';

const shown = 40;

/** Says what came instead of what was expected, short enough for a message: `"abc" (3 bytes)`, `5`, `null`, `an array`, `nothing`. */
export function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string') {
    const text = value.length > shown ? `${value.slice(0, shown)}…` : value;
    return `${JSON.stringify(text)} (${utf8Bytes(value)} bytes)`;
  }
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (value !== null && (typeof value === 'object' || typeof value === 'function')) {
    return typeof value === 'object' ? 'an object' : 'a function';
  }
  return String(value);
}
