// Which figures there are, and how they are run: one after the other, for each wants the machine to itself.
import { figureLine } from './figure.mjs';
import { getProfile10000 } from './get-profile.mjs';
import { peek } from './peek.mjs';
import { serverGet1, serverGet100, serverSet } from './server.mjs';

const figures = {
  'get-profile-10000': getProfile10000,
  peek,
  'server-get-1': serverGet1,
  'server-get-100': serverGet100,
  'server-set': serverSet,
};

/** Measures the figures named, or all where none is, and prints a line each. */
export async function bench(names) {
  const known = Object.keys(figures);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    process.stderr.write(`bench: expected ${known.join(' | ')}, got ${JSON.stringify(unknown)}\n`);
    process.exitCode = 2;
    return;
  }
  for (const name of names.length > 0 ? names : known) {
    process.stdout.write(`${figureLine(name, await figures[name]())}\n`);
  }
}
