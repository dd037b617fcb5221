import type { Sent } from './network.js';
import type { Blame, Page, Watch } from './page.js';

/** Holds the sets of all pages against the rule that they go one at a time, and none again that was answered. */
export interface Turns {
  watchOf(viewer: string): Partial<Watch>;
}

/** `isUpdate` is whether a value is of an update, which is kept until it has its answer, so that others know of it. */
export function createTurns(blame: Blame, isUpdate: (value: unknown) => boolean): Turns {
  const underWay = new Map<string, Set<Sent>>();
  /** What was set, word for word, and has its answer: each value is set but once, apart from those of which there are few. */
  const answered = new Set<string>();
  const isOpen = (page: Page): boolean => page.life() === 'open';
  const itemsOf = ({ body }: Sent) => body['ProfileItem'] as { Tag: string; Value: unknown }[];
  const valuesOf = (request: Sent): readonly string[] =>
    itemsOf(request)
      .filter(({ Tag, Value }) => Value !== '' && !Tag.endsWith('AllowType'))
      .map(({ Tag, Value }) => `${request.page.viewer} ${Tag} ${Value}`);

  return {
    watchOf(viewer) {
      const flying = underWay.get(viewer) ?? new Set<Sent>();
      underWay.set(viewer, flying);
      return {
        sent(request) {
          if (request.command === 'portrait_get') return;
          for (const other of flying)
            if (isOpen(other.page) && (other.page === request.page || itemsOf(other).some(({ Value }) => isUpdate(Value))))
              blame('turns', `${request.page.name} sends a set while one of ${other.page.name} is under way`);
          for (const value of valuesOf(request)) if (answered.has(value)) blame('turns', `${value} is sent again, and it has its answer`);
          flying.add(request);
        },
        came(request, { ActionStatus, ErrorCode }) {
          if (!flying.delete(request)) return;
          if (ActionStatus === 'OK' || ErrorCode === 40005) for (const value of valuesOf(request)) answered.add(value);
        },
        lost: (request) => void flying.delete(request),
        // With what was kept it is forgotten who was sending it.
        cleared: () => flying.clear(),
      };
    },
  };
}
