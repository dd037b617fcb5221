#!/usr/bin/env node
import { createRequire } from 'node:module';
import { ValidationError } from '../../wire/errors.js';
import { asksForHelp, generalHelp, runCommand } from './commands/index.js';
import { failureText } from './commands/output.js';
import { readServeConfig } from './config.js';
import { needs } from './needs.js';
import { serveHelp } from './serve-settings.js';
import { ConfigError } from './setting.js';

/** Runs one command line. Resolves to the exit code, or to undefined where a server goes on running. */
async function main(args: readonly string[]): Promise<number | undefined> {
  const [command, ...rest] = args;
  if (command === undefined || command === 'help' || asksForHelp([command])) {
    process.stdout.write(generalHelp());
    return 0;
  }
  if (command === '--version') {
    process.stdout.write(`${version()}\n`);
    return 0;
  }
  if (command !== 'serve') return runCommand(args, process);
  if (asksForHelp(rest)) {
    process.stdout.write(serveHelp());
    return 0;
  }
  // The other commands need none of the packages that serving does.
  const config = readServeConfig(rest, process.env);
  const { serve } = await import('./serve.js').catch(needs('serve', 'hono', '@hono/node-server'));
  const server = await serve(config);
  stopOnSignal(server.stop);
  process.stdout.write(`webim-profile: serving ${server.url}\n`);
  if (server.metricsUrl !== undefined) process.stdout.write(`webim-profile: metrics ${server.metricsUrl}\n`);
  return undefined;
}

/** The version of this package, which finds its own package.json by its name. */
function version(): string {
  const { version } = createRequire(import.meta.url)('webim-profile/package.json') as { readonly version: string };
  return version;
}

/** A signal stops cleanly; the same one again is left to the system, and ends the process at once. */
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

function isCutOff(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EPIPE';
}

main(process.argv.slice(2)).then(
  (code) => {
    if (code !== undefined) process.exitCode = code;
  },
  (error: unknown) => {
    // The reader of the output is gone, as `head` is after its lines.
    if (!isCutOff(error)) process.stderr.write(`webim-profile: ${failureText(error)}\n`);
    process.exitCode = error instanceof ConfigError || error instanceof ValidationError ? 2 : 1;
  },
);
