/** A page in its own tab. */
export interface EnginePage {
  /** Evaluates an expression in the page, and waits for it if it is a promise. The result is passed as JSON. */
  evaluate(expression: string): Promise<unknown>;
  reload(): Promise<void>;
  close(): Promise<void>;
}

/** A browser started for the tests, with its own profile. */
export interface Engine {
  readonly open: (url: string) => Promise<EnginePage>;
  readonly close: () => Promise<void>;
}

/** The paths of an engine's programs, by name. */
export type Programs = Readonly<Record<string, string>>;
