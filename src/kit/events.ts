import mitt from 'mitt';

/** Events by name, each with the type of what its listeners are given. */
export interface Events<Map extends Record<string, unknown>> {
  /** Calls `listener` at each event of that name. Returns its undo. */
  on<Name extends keyof Map & string>(name: Name, listener: (event: Map[Name]) => void): () => void;
  emit<Name extends keyof Map & string>(name: Name, event: Map[Name]): void;
  clear(): void;
}

/**
 * mitt, with guarded listeners: in mitt itself one that throws stops those after it, and its error reaches the caller of `emit`. Here
 * the error is reported as the platform reports an event listener's.
 */
export function createEvents<Map extends Record<string, unknown>>(): Events<Map> {
  const emitter = mitt<Map>();
  return {
    on(name, listener) {
      // A function of its own for each call, so that the same listener given twice has two undos.
      const guarded = (event: Map[typeof name]): void => guard(() => listener(event));
      emitter.on(name, guarded);
      return () => emitter.off(name, guarded);
    },
    emit: (name, event) => emitter.emit(name, event),
    clear: () => emitter.all.clear(),
  };
}

/** Runs `task`; what it throws is reported and goes no further. */
export function guard(task: () => void): void {
  try {
    task();
  } catch (error) {
    if (typeof reportError === 'function') reportError(error);
    else console.error(error);
  }
}
