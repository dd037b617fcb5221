// The accounts' names, for Node and pages alike.

/**
 * Up to a million names, of one and the same length, so that every request and reply of a figure has as many bytes; and
 * not in their order, which would be packed into fewer bytes than the names of real users.
 */
export function accountNames(count) {
  return Array.from({ length: count }, (_, index) => `user${String((index * 618_033) % 1_000_000).padStart(6, '0')}`);
}
