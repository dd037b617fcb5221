// `npm run serve`: the server alone. Flags and environment variables are those of `webim-profile serve --help`.
import { build, install } from './setup.mjs';

install();
build();
process.argv.splice(2, 0, 'serve');
await import('../dist/esm/server/node/cli.js');
