import { nodeResolve } from '@rollup/plugin-node-resolve';
import terser from '@rollup/plugin-terser';

// tsc has written ES modules to dist/esm, and ES2019 for old webviews to node_modules/.cache/es2019. Here they are bundled into the two
// files that need no bundler.
const plugins = [
  nodeResolve({ browser: true }),
  terser({
    module: true,
    ecma: 2019,
    compress: { passes: 6, unsafe_arrows: true, pure_getters: true, inline: 1 },
    // Old pages are in GBK or Big5, and a script without a charset is read as they are.
    format: { comments: false, ascii_only: true },
  }),
];
const file = (name, rest) => ({ file: `dist/${name}`, sourcemap: true, ...rest });

export default [
  {
    input: 'node_modules/.cache/es2019/webim/script.js',
    output: file('webim.js', { format: 'iife', freeze: false }),
    plugins,
  },
  { input: 'dist/esm/index.js', output: file('webim-profile.js', { format: 'es' }), plugins },
];
