import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** Ends a program, also when this process exits first. */
export function endOf(program: ChildProcess): () => Promise<void> {
  const kill = (): boolean => program.kill();
  process.once('exit', kill);
  return async () => {
    process.off('exit', kill);
    if (program.exitCode !== null || program.signalCode !== null) return;
    const exit = once(program, 'exit');
    kill();
    await exit;
  };
}
