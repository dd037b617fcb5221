export interface PlacesOptions {
  /** How many in all; 0 for any number. */
  readonly most: number;
  /** How many of them one ordinary user may have. */
  readonly perCaller: number;
}

/** A place among the calls under way. */
export interface Places {
  full(): boolean;
  /** Takes a place: returns its undo, or what is full. Administrators call for all users of an app, so they are counted in `most` alone. */
  take(caller: { readonly identifier: string; readonly admin: boolean }): (() => void) | 'full' | 'full for the caller';
}

export function createPlaces({ most, perCaller }: PlacesOptions): Places {
  let taken = 0;
  const byCaller = new Map<string, number>();
  const full = (): boolean => most > 0 && taken >= most;
  return {
    full,
    take({ identifier, admin }) {
      if (full()) return 'full';
      const own = byCaller.get(identifier) ?? 0;
      if (most > 0 && !admin && own >= perCaller) return 'full for the caller';
      taken++;
      byCaller.set(identifier, own + 1);
      return () => {
        taken--;
        const left = (byCaller.get(identifier) ?? 0) - 1;
        if (left > 0) byCaller.set(identifier, left);
        else byCaller.delete(identifier);
      };
    },
  };
}
