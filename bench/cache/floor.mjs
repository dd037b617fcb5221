// One packed record can be packed in several ways. The floor is the faster of the two that keep the same records. The lean one keeps
// only the values of these profiles, as rows that are not records yet, and is shown next to the floor.
import { median } from '../figure.mjs';

const packings = { clone: 'an array, cloned', json: 'one JSON string' };

/** The names of all forms. */
export const forms = [...Object.keys(packings), 'lean'];

/** The floor among the values of all forms, with the lean value, if it was measured, and the value of TanStack. */
export function besideFloor({ lean, tanstack, ...values }) {
  const floors = Object.entries(packings).map(([form, name]) => ({ floor: median(values[form]), floorIs: name }));
  const [cheaper] = floors.sort((a, b) => a.floor - b.floor);
  return { ...cheaper, lean: lean && median(lean), tanstack: median(tanstack) };
}
