// `npm run docs`: the documentation as a site, from a fresh clone; prints its URL. `npm run docs -- --build` writes it to
// docs/.vitepress/dist instead.
import { bin, build, install, root, run } from './setup.mjs';

install();
// The tables of codes and the reference are made from the sources.
build();
const { writeReference } = await import('./reference.mjs');
await writeReference();
const [mode = 'serve'] = process.argv.slice(2);
if (mode === '--build') run(bin('vitepress'), 'build', `${root}docs`);
else run(bin('vitepress'), 'dev', `${root}docs`, '--port', process.env.PORT ?? '4173');
