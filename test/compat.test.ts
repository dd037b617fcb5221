// No built file uses a syntax or a feature that is newer than the oldest browsers named in the README. MDN's compatibility data says
// which browser has what.
import { readFileSync } from 'node:fs';
import bcd from '@mdn/browser-compat-data' with { type: 'json' };
import type { CompatStatement, Identifier } from '@mdn/browser-compat-data';
import type { ecmaVersion, MemberExpression, Node } from 'acorn';
import { parse } from 'acorn';
import { full } from 'acorn-walk';
import { describe, expect, test } from 'vitest';

type Versions = Readonly<Record<'chrome' | 'firefox' | 'safari', number>>;

const files: readonly (readonly [file: string, syntax: ecmaVersion, oldest: Versions])[] = [
  ['webim.js', 2019, { chrome: 80, firefox: 78, safari: 13.1 }],
  ['webim-profile.js', 2022, { chrome: 100, firefox: 98, safari: 15.4 }],
];

/** Newer features that are used only where they exist, and how the code finds out. */
const guarded: Readonly<Record<string, string>> = {
  BroadcastChannel: 'opened in try and catch: without it tabs are not told',
  commit: 'called with ?. at the end of a transaction',
  locks: 'read with ?.: without it every tab leads itself',
  reportError: 'asked for with typeof',
  reason: 'read together with the reason kept in kit/abort',
  hidden: 'read with ?.',
};

/** Names of our own members that a newer feature has too. */
const ours: readonly string[] = ['at', 'cause', 'load', 'login', 'request', 'use'];

/** The platform interfaces that the client uses; others have members with the same names as ours. */
const interfaces =
  /^(Abort(Controller|Signal)|Broadcast.*|Console|DOMException|Document|Event(Target)?|Headers|IDB.*|Lock.*|MessageEvent|Navigator|PageTransitionEvent|Response|Storage|Window)$/;
const builtins = bcd.javascript.builtins as unknown as Readonly<Record<string, Identifier>>;
const apis = bcd.api as unknown as Readonly<Record<string, Identifier>>;
const owners: readonly Identifier[] = [
  ...Object.values(builtins),
  ...Object.keys(apis).flatMap((name) => (interfaces.test(name) && apis[name] ? [apis[name]] : [])),
];

/** The first version of a browser that has a feature; infinity when there is none, or only behind a flag. */
function since(feature: CompatStatement | undefined, browser: keyof Versions): number {
  const support = feature?.support[browser];
  const versions = (Array.isArray(support) ? support : [support]).flatMap((one) =>
    one && !one.flags && !one.prefix ? [one.version_added] : [],
  );
  return Math.min(
    ...versions.map((version) => (typeof version === 'string' ? Number.parseFloat(version.replace('≤', '')) : Number.POSITIVE_INFINITY)),
  );
}

/** Whether every feature of this name is newer than a browser. */
function isNewer(found: readonly (CompatStatement | undefined)[], oldest: Versions): boolean {
  const known = found.filter((feature) => feature !== undefined);
  const browsers = Object.keys(oldest) as (keyof Versions)[];
  return known.length > 0 && browsers.some((browser) => known.every((feature) => since(feature, browser) > oldest[browser]));
}

function names(program: Node): { readonly globals: ReadonlySet<string>; readonly members: ReadonlySet<string> } {
  const globals = new Set<string>();
  const members = new Set<string>();
  full(program, (node) => {
    if (node.type === 'Identifier') globals.add((node as unknown as { name: string }).name);
    if (node.type !== 'MemberExpression') return;
    const { property, computed } = node as MemberExpression;
    if (!computed && property.type === 'Identifier') members.add(property.name);
  });
  return { globals, members };
}

describe.each(files)('dist/%s', (file, syntax, oldest) => {
  const text = readFileSync(new URL(`../dist/${file}`, import.meta.url), 'utf8');

  test('has no newer syntax', () => {
    expect(() => parse(text, { ecmaVersion: syntax, sourceType: file === 'webim.js' ? 'script' : 'module' })).not.toThrow();
  });

  test('uses no newer feature without a check for it', () => {
    const { globals, members } = names(parse(text, { ecmaVersion: 'latest', sourceType: 'module' }));
    const compat = (owner: Identifier, name: string) => (owner as Readonly<Record<string, Identifier>>)[name]?.__compat;
    const newerGlobals = [...globals].filter((name) => isNewer([(builtins[name] ?? apis[name])?.__compat], oldest));
    const newerMembers = [...members].filter((name) =>
      isNewer(
        owners.map((owner) => compat(owner, name) ?? compat(owner, `${name}_static`)),
        oldest,
      ),
    );
    expect([...newerGlobals, ...newerMembers].filter((name) => !(name in guarded) && !ours.includes(name))).toEqual([]);
    // Not a spread of what the minifier has called so.
    expect(text).not.toMatch(/(?<!\.)\.(at|cause)\(/);
  });
});

test('isNewer tells a newer feature from an older one', () => {
  const hasOwn = (builtins['Object'] as Readonly<Record<string, Identifier>>)['hasOwn']?.__compat;
  expect(isNewer([hasOwn], { chrome: 92, firefox: 91, safari: 15.3 })).toBe(true);
  expect(isNewer([hasOwn], { chrome: 93, firefox: 92, safari: 15.4 })).toBe(false);
});
