// `npm run bench [name …]` measures the figures of bench/, all of them or those named. `npm run bench results` measures the cache and
// TanStack Query, and writes bench/RESULTS.md and its plots.
import { build, install } from './setup.mjs';

install();
build();
const { bench } = await import('../bench/run.mjs');
await bench(process.argv.slice(2));
