// The names of the accounts, for Node and for pages.

/**
 * Up to a million names. All have the same length, so that every request and reply of a figure has as many bytes. They are not
 * in ascending order, which would compress better than the names of real users.
 */
export function accountNames(count) {
  return Array.from({ length: count }, (_, index) => `user${String((index * 618_033) % 1_000_000).padStart(6, '0')}`);
}
