// One packed record can be packed in several ways. The floor is the cheaper of the two that keep the very records; the lean
// one keeps what these profiles happen to hold, as rows that are still to be made into records, and is told beside it.
import { median } from '../figure.mjs';

const packings = { clone: 'an array, cloned', json: 'one JSON string' };

/** The ways. */
export const forms = [...Object.keys(packings), 'lean'];

/** The floor among the values of all forms, and those of the lean one, if it was measured, and of the other side. */
export function besideFloor({ lean, tanstack, ...values }) {
  const floors = Object.entries(packings).map(([form, name]) => ({ floor: median(values[form]), floorIs: name }));
  const [cheaper] = floors.sort((a, b) => a.floor - b.floor);
  return { ...cheaper, lean: lean && median(lean), tanstack: median(tanstack) };
}
