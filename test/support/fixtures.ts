import { readdirSync, readFileSync } from 'node:fs';

const folder = new URL('../fixtures/', import.meta.url);

/** A document's example, verbatim. */
export function fixtureText(name: string): string {
  return readFileSync(new URL(name, folder), 'utf8');
}

export function fixture<T = Record<string, unknown>>(name: string): T {
  return JSON.parse(fixtureText(name)) as T;
}

/** The names of the JSON examples. */
export function fixtureNames(): string[] {
  return readdirSync(folder).filter((name) => name.endsWith('.json'));
}
