/** A longer line, in characters, does not come from a server of this protocol. */
const longestLine = 8 * 1024 * 1024;

/**
 * Reads server-sent events from text that comes in pieces; of their fields `event` and `data`, which is all that the server sends. An
 * event without a name has the name `message`. Throws for a line without an end.
 */
export function createEventReader(onEvent: (name: string, data: string) => void): (text: string) => void {
  let rest = '';
  let name = 'message';
  let data: string | undefined;

  const readLine = (line: string): void => {
    if (line === '') {
      if (data !== undefined) onEvent(name, data);
      name = 'message';
      data = undefined;
    }
    const [, field, value = ''] = /^(event|data): ?(.*)$/.exec(line) ?? [];
    if (field === 'event') name = value;
    if (field === 'data') data = data === undefined ? value : `${data}\n${value}`;
  };

  return (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > longestLine) throw new Error('expected the end of a line');
    for (const line of lines) readLine(line.replace(/\r$/, ''));
  };
}
