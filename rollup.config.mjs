import { nodeResolve } from '@rollup/plugin-node-resolve';
import terser from '@rollup/plugin-terser';

// tsc has written ES modules and types to dist/esm; here they become the two files that need no bundler.
const plugins = [
  nodeResolve({ browser: true }),
  terser({
    module: true,
    ecma: 2020,
    compress: { passes: 6, unsafe_arrows: true, pure_getters: true, inline: 1 },
    format: { comments: false },
  }),
];
const file = (name, rest) => ({ file: `dist/${name}`, sourcemap: true, ...rest });

export default [
  {
    input: 'dist/esm/webim.js',
    // extend: a window.webim that is already there is added to, not replaced.
    output: file('webim.js', { format: 'iife', name: 'webim', extend: true }),
    plugins,
  },
  { input: 'dist/esm/index.js', output: file('webim-profile.js', { format: 'es' }), plugins },
];
