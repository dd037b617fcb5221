import { okReply } from '../../wire/read-reply.js';
import { encodeJson } from '../encoded-items.js';

type Bytes = Uint8Array<ArrayBuffer>;

const encoder: TextEncoder = /* @__PURE__ */ new TextEncoder();
const head: Bytes = /* @__PURE__ */ encoder.encode(`${JSON.stringify(okReply).slice(0, -1)},"UserProfileItem":[`);
const data: Bytes = /* @__PURE__ */ encoder.encode('data: ');
const end: Bytes = /* @__PURE__ */ encoder.encode('\n\n');

/** A change as JSON: of encoded items, each with a comma at its end. */
export function encodeChange(items: readonly Bytes[], epoch: number): Bytes {
  const last = items.at(-1)?.subarray(0, -1) ?? new Uint8Array();
  return join([head, ...items.slice(0, -1), last, encoder.encode(`],"Epoch":${epoch}}`)]);
}

/** An event of a stream without a name; JSON has no line break in it. */
export function toEvent(json: Bytes): Bytes {
  return join([data, json, end]);
}

/** An event of a stream with a name. */
export function namedEvent(name: 'ready' | 'ping' | 'bye', value: object): Bytes {
  return join([encoder.encode(`event: ${name}\n`), toEvent(encodeJson(value))]);
}

function join(parts: readonly Bytes[]): Bytes {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
