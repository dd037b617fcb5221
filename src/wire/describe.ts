import { utf8Bytes } from './bytes.js';

const shown = 40;

/** Says what came instead of what was expected, short enough for a message: `"abc" (3 bytes)`, `5`, `null`, `array`, `nothing`. */
export function describe(value: unknown): string {
  if (typeof value === 'string') {
    const text = value.length > shown ? `${value.slice(0, shown)}…` : value;
    return `${JSON.stringify(text)} (${utf8Bytes(value)} bytes)`;
  }
  if (Array.isArray(value)) return `an array of ${value.length}`;
  return value && /^[fo]/.test(typeof value) ? typeof value : String(value === undefined ? 'nothing' : value);
}
