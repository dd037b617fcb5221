import type { Hint } from '../bus.js';

/** PostgreSQL takes less than 8,000 bytes. */
const maxBytes = 7900;
/** For what stands around the accounts. */
const frameBytes = 100;

/** A text as it came from a bus. */
export interface ReadText {
  /** The random word of the process that sent it. */
  readonly sender: unknown;
  readonly hint: Hint;
}

/** The accounts as texts of less than 8,000 bytes each. */
export function* hintTexts(sender: string, { sdkAppID, accounts }: { sdkAppID: number; accounts: Iterable<string> }): Generator<string> {
  let some: string[] = [];
  let size = frameBytes;
  for (const account of accounts) {
    const bytes = Buffer.byteLength(JSON.stringify(account)) + 1;
    if (size + bytes > maxBytes) {
      yield hintText(sender, { sdkAppID, accounts: some });
      some = [];
      size = frameBytes;
    }
    some.push(account);
    size += bytes;
  }
  if (some.length > 0) yield hintText(sender, { sdkAppID, accounts: some });
}

export function hintText(sender: string, { sdkAppID, accounts }: Hint): string {
  return JSON.stringify({ sender, sdkAppID, accounts });
}

/** Undefined for a text that is no hint: any client of the database may write to the channel. */
export function readHintText(text: string): ReadText | undefined {
  try {
    const { sender, sdkAppID, accounts } = JSON.parse(text) as Record<string, unknown>;
    if (!Number.isInteger(sdkAppID) || !Array.isArray(accounts)) return undefined;
    return { sender, hint: { sdkAppID: Number(sdkAppID), accounts: accounts.map(String) } };
  } catch {
    return undefined;
  }
}
