export const byId = (id) => document.getElementById(id);

/** Makes an element. Children that are strings become text, never HTML; those that are undefined are left out. */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  return fill(element, props, children);
}

/** Makes an SVG element in the same way. */
export function svg(tag, props = {}, ...children) {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', tag), props, children);
}

function fill(element, props, children) {
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === false) continue;
    if (typeof value === 'function') element.addEventListener(name, value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.flat().filter((child) => child !== undefined));
  return element;
}

/** Closes a dialog by its data-close buttons and by a click outside. The browser itself handles Esc and the focus. */
export function closable(dialog) {
  for (const button of dialog.querySelectorAll('[data-close]')) button.addEventListener('click', () => dialog.close());
  dialog.addEventListener('mousedown', (event) => {
    if (event.target === dialog) dialog.close();
  });
}
