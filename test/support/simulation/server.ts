// A small server of the protocol, written from docs/protocol.md alone. It keeps every past state of each account.

export type Values = Readonly<Record<string, string | number>>;

/** One account at one time; `values` is undefined when it does not exist. */
interface State {
  readonly sequence: number;
  readonly values: Values | undefined;
}

/** Which numbers a server gives, and the shape of its "not modified". */
export interface ServerKind {
  readonly numbers: 'per account' | 'per set' | 'none';
  readonly unchanged: 'no list' | 'empty list' | 'bare items' | 'empty items';
}

export interface ModelServer {
  /** How many changes there were. */
  time(): number;
  now(account: string): State;
  /** The values of an account after each change from `since` on, the state at `since` first. */
  history(account: string, since: number): readonly (Values | undefined)[];
  set(account: string, values: Values): number;
  create(account: string): void;
  delete(account: string): void;
  /** Goes back by this many changes, as another database. */
  restore(changes: number): void;
  answer(command: string, body: Json): Json;
}

export type Json = Readonly<Record<string, unknown>>;

const okReply = { ActionStatus: 'OK', ErrorCode: 0, ErrorInfo: '', ErrorDisplay: '' };
const refused = { ActionStatus: 'FAIL', ErrorCode: 40005, ErrorInfo: 'refused', ErrorDisplay: '' };
/** A set with this text is refused. */
export const refusedText = 'refused';

export function createModelServer(kind: ServerKind, accounts: readonly string[]): ModelServer {
  const states: ReadonlyMap<string, State>[] = [new Map(accounts.map((account) => [account, { sequence: 1, values: {} }]))];
  let epoch = 1;
  const present = (): ReadonlyMap<string, State> => states.at(-1) as ReadonlyMap<string, State>;
  const now = (account: string): State => present().get(account) ?? { sequence: 0, values: undefined };
  const put = (account: string, state: State): void => void states.push(new Map([...present(), [account, state]]));
  const isPerAccount = kind.numbers === 'per account';

  const set = (account: string, values: Values): number => {
    const { sequence, values: before } = now(account);
    if (before) put(account, { sequence: sequence + 1, values: { ...before, ...values } });
    return now(account).sequence;
  };

  const answerSet = ({ From_Account, ProfileItem }: Json): Json => {
    const items = ProfileItem as { Tag: string; Value: string | number }[];
    if (items.some(({ Value }) => String(Value).includes(refusedText))) return refused;
    const sequence = set(String(From_Account), Object.fromEntries(items.map(({ Tag, Value }) => [Tag, Value])));
    if (kind.numbers === 'none') return okReply;
    return { ...okReply, CurrentStandardSequence: sequence, ...(isPerAccount && { Epoch: epoch }) };
  };

  const answerGet = ({ To_Account, UserItem, LastStandardSequence, TagList }: Json): Json => {
    const items = UserItem as { To_Account: string; StandardSequence: number }[] | undefined;
    if (items && !isPerAccount) return { ...okReply, ActionStatus: 'FAIL', ErrorCode: 40001 };
    const names = items ? items.map((item) => item.To_Account) : (To_Account as string[]);
    const sum = [...new Set(names)].reduce((total, name) => total + now(name).sequence, 0);
    const isUnchanged = kind.numbers !== 'none' && LastStandardSequence === sum && sum > 0;
    const itemOf = (name: string): Json => {
      const { sequence, values } = now(name);
      const number = isPerAccount && sequence > 0 ? { StandardSequence: sequence } : {};
      if (!values) return { To_Account: name, ResultCode: sequence > 0 ? 10002 : 10001, ResultInfo: 'gone', ...number };
      const good = { To_Account: name, ResultCode: 0, ResultInfo: '', ...number };
      const isSame = isUnchanged || items?.some((item) => item.To_Account === name && item.StandardSequence === sequence);
      if (isSame) return kind.unchanged === 'empty items' ? { ...good, ProfileItem: [] } : good;
      const known = (TagList as string[]).filter((tag) => values[tag] !== undefined);
      return { ...good, ProfileItem: known.map((tag) => ({ Tag: tag, Value: values[tag] })) };
    };
    const all = names.map(itemOf);
    const failed = all.filter(({ ResultCode }) => ResultCode !== 0);
    const status = failed.length > 0 ? { ...okReply, ActionStatus: 'FAIL', ErrorCode: failed[0]?.['ResultCode'] } : okReply;
    const numbers = kind.numbers === 'none' ? {} : { CurrentStandardSequence: sum, ...(isPerAccount && { Epoch: epoch }) };
    const isWithoutItems = isUnchanged && failed.length === 0;
    if (isWithoutItems && kind.unchanged === 'no list') return { ...status, ...numbers };
    const list = isWithoutItems && kind.unchanged === 'empty list' ? [] : all;
    return { ...status, ...numbers, UserProfileItem: list, Fail_Account: failed.map((item) => item['To_Account']), Invalid_Account: [] };
  };

  return {
    time: () => states.length - 1,
    now,
    history: (account, since) => states.slice(since).map((state) => state.get(account)?.values),
    set,
    create(account) {
      const { sequence, values } = now(account);
      if (!values) put(account, { sequence: sequence + 1, values: {} });
    },
    delete(account) {
      const { sequence, values } = now(account);
      if (values) put(account, { sequence: sequence + 1, values: undefined });
    },
    restore(changes) {
      epoch++;
      states.push(states[Math.max(0, states.length - 1 - changes)] as ReadonlyMap<string, State>);
    },
    answer: (command, body) => (command === 'portrait_set' ? answerSet(body) : answerGet(body)),
  };
}
