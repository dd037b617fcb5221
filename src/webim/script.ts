// What a script tag runs, or any page, worker or program that imports dist/webim.js: it makes globals, and exports nothing.
import * as webim from '../webim.js';

const globals = globalThis as { webim?: unknown; webimProfile?: unknown };

// A second copy leaves the first alone, and so does any copy another `webim`: `webimProfile` is always ours.
if (!globals.webimProfile) {
  globals.webimProfile = webim;
  globals.webim ??= webim;
}
