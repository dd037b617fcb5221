// What a script tag runs, or any page, worker or program that imports dist/webim.js: it makes globals, and exports nothing.
import * as webim from '../webim.js';

const globals = globalThis as { webim?: unknown; webimProfile?: unknown };

// A second copy leaves the first alone, and so does any copy another `webim`: `webimProfile` is always ours.
if (!has('webimProfile')) {
  globals.webimProfile = webim;
  if (!has('webim')) globals.webim = webim;
}

/** Whether somebody has made that global. An element with such an id does not count: a page finds it by name, too. */
function has(name: keyof typeof globals): boolean {
  return Object.getOwnPropertyDescriptor(globals, name) !== undefined && globals[name] != null;
}
