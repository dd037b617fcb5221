/** A page in a tab of its own. */
export interface EnginePage {
  /** Evaluates an expression in the page, and waits for it if it is a promise. What it gives comes as JSON. */
  evaluate(expression: string): Promise<unknown>;
  reload(): Promise<void>;
  close(): Promise<void>;
}

/** A browser that was started for the tests, with a profile of its own. */
export interface Engine {
  readonly open: (url: string) => Promise<EnginePage>;
  readonly close: () => Promise<void>;
}

/** Where an engine's programs are, by what they are called. */
export type Programs = Readonly<Record<string, string>>;
