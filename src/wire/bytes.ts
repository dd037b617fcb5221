const encoder: TextEncoder = /* @__PURE__ */ new TextEncoder();

/**
 * How many bytes `text` takes in UTF-8: what every limit of the protocol counts.
 * An emoji is four bytes; half of a surrogate pair counts three, for it travels as U+FFFD.
 */
export function utf8Bytes(text: string): number {
  return encoder.encode(text).length;
}
