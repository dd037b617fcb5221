import { utf8Bytes } from '/dist/webim-profile.js';

/**
 * Wraps fetch so that every request of the client can be shown: what was asked for, under which numbers, and what came.
 * A live stream is counted as it comes. For an account without data in the reply, the bytes of its cached data (`peek`) count as saved. The
 * URL holds the usersig, so it is not read.
 */
export function createRequestLog({ peek, onEntry, onStreamed, onConnection }) {
  return async (url, init) => {
    const request = JSON.parse(init.body);
    const sent = readRequest(request);
    try {
      const response = await fetch(url, init);
      onConnection(response.status === 200);
      if (request.Stream) return counted(response, (bytes) => onStreamed(bytes, request.UserItem.length));
      const text = await response.text();
      onEntry({ ...sent, ...readReply(text, request.TagList, peek) });
      return new Response(text, { status: response.status, headers: response.headers });
    } catch (error) {
      // A request that the page itself aborted says nothing about the connection.
      if (!init.signal.aborted) {
        if (!request.Stream) onEntry({ ...sent, answered: false, fetched: 0, saved: 0 });
        onConnection(false);
      }
      throw error;
    }
  };
}

/** The same response, whose bytes are counted as they are read. */
function counted({ body, headers, status }, onBytes) {
  const transform = (chunk, controller) => {
    onBytes(chunk.byteLength);
    controller.enqueue(chunk);
  };
  return new Response(body.pipeThrough(new TransformStream({ transform })), { headers, status });
}

function readRequest({ ProfileItem, From_Account, To_Account, UserItem, LastStandardSequence }) {
  if (ProfileItem) return { command: 'portrait_set', accounts: [From_Account], tags: ProfileItem.map((item) => item.Tag) };
  const accounts = To_Account ?? UserItem.map((item) => item.To_Account);
  const versions = UserItem ? UserItem.map((item) => item.StandardSequence) : accounts.map(() => LastStandardSequence);
  return { command: 'portrait_get', accounts, versions, perAccount: Boolean(UserItem) };
}

function readReply(text, tags, peek) {
  const fetched = utf8Bytes(text);
  try {
    const { ErrorCode: code, CurrentStandardSequence: current, UserProfileItem: items = [] } = JSON.parse(text);
    const good = items.filter((item) => item.ResultCode === 0);
    const unchanged = good.filter((item) => !item.ProfileItem);
    const counts = { changed: good.length - unchanged.length, unchanged: unchanged.length, failed: items.length - good.length };
    const saved = unchanged.reduce((sum, item) => sum + weight(peek(item.To_Account), tags), 0);
    // Where only some accounts failed there are counts to tell of.
    return { answered: true, fetched, saved, current, counts, code: items.length > 0 ? 0 : code };
  } catch {
    return { answered: false, fetched, saved: 0 };
  }
}

/** How many bytes the data of a profile takes in a reply. */
function weight(profile, tags) {
  const items = tags.flatMap((Tag) => {
    const name = Tag.replace('Tag_Profile_IM_', '');
    const Value = profile?.[name[0].toLowerCase() + name.slice(1)];
    return Value === undefined ? [] : [{ Tag, Value }];
  });
  return utf8Bytes(`"ProfileItem":${JSON.stringify(items)},`);
}
