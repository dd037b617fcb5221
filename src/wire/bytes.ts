/**
 * How many bytes `text` takes in UTF-8: what every limit of the protocol counts.
 * An emoji is four bytes; half of a surrogate pair counts three, for it travels as U+FFFD.
 */
export function utf8Bytes(text: string): number {
  let bytes = 0;
  // Not by a TextEncoder: jsdom has none.
  for (const char of text) bytes += char < '\u0080' ? 1 : char < '\u0800' ? 2 : char.length === 1 ? 3 : 4;
  return bytes;
}
