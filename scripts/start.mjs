// `npm start`: the demo, from a fresh clone.
import { build, install } from './setup.mjs';

install();
build();
await import('../demo/serve.mjs');
