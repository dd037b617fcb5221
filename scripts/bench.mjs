// `npm run bench [name …]`: the figures of bench/, all of them or those named.
import { build, install } from './setup.mjs';

install();
build();
const { bench } = await import('../bench/run.mjs');
await bench(process.argv.slice(2));
