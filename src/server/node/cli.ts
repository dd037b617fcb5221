#!/usr/bin/env node
import { ConfigError, readServeConfig, serveHelp } from './config.js';
import { serve } from './serve.js';

/** Runs one command line. Resolves to the exit code, or to undefined where a server goes on running. */
async function main(args: readonly string[]): Promise<number | undefined> {
  const [command, ...rest] = args;
  if (command === undefined || command === 'help' || args.includes('--help')) {
    process.stdout.write(serveHelp());
    return 0;
  }
  if (command !== 'serve') throw new ConfigError('command: expected serve first, got something else');
  const server = await serve(readServeConfig(rest, process.env));
  stopOnSignal(server.stop);
  process.stdout.write(`webim-profile: serving ${server.url}\n`);
  return undefined;
}

/** A signal stops cleanly; the same one again is left to the system, for whoever cannot wait. */
function stopOnSignal(stop: () => Promise<void>): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      stop().then(
        () => process.exit(0),
        () => process.exit(1),
      );
    });
  }
}

main(process.argv.slice(2)).then(
  (code) => {
    if (code !== undefined) process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`webim-profile: ${error instanceof Error ? error.message : 'failed'}\n`);
    process.exitCode = error instanceof ConfigError ? 2 : 1;
  },
);
