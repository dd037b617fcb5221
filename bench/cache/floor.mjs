// One packed record can be packed in two ways: the floor is the one that was cheaper in this run.
import { median } from '../figure.mjs';

const names = { clone: 'an array, cloned', json: 'one JSON string' };

export function besideFloor({ clone, json, tanstack }) {
  const floors = { clone: median(clone), json: median(json) };
  const form = floors.clone <= floors.json ? 'clone' : 'json';
  return { floor: floors[form], floorIs: names[form], tanstack: tanstack && median(tanstack) };
}
