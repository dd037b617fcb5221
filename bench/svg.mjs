// The parts of plots: the background, text, lines and marks, in colours that can be read on light and on dark pages.

const style = `
  svg { --paper: #ffffff; --ink: #1f2328; --faint: #59636e; --rule: #d1d9e0; --ours: #0969da; --tanstack: #bc4c00; --floor: #818b98; --aim: #cf222e }
  @media (prefers-color-scheme: dark) {
    svg { --paper: #0d1117; --ink: #f0f6fc; --faint: #9198a1; --rule: #3d444d; --ours: #4493f8; --tanstack: #db8b3f; --floor: #656c76; --aim: #f85149 }
  }
  text { font: 13px system-ui, sans-serif; fill: var(--ink); stroke: var(--paper); stroke-width: 4; paint-order: stroke }
  .title { font-size: 15px; font-weight: 600 }
  .faint { fill: var(--faint); font-size: 12px }
  .rule { stroke: var(--rule) }
  .aim { stroke: var(--aim); stroke-dasharray: 4 3 }
  .aimed { fill: var(--aim); font-size: 12px }
  .ours { --mark: var(--ours) } .tanstack { --mark: var(--tanstack) } .floor { --mark: var(--floor) }
  .mark { fill: var(--mark) }
  .line { fill: none; stroke: var(--mark); stroke-width: 2 }`;

/** The contenders in a plot, by the class of their marks. */
export const names = { floor: 'floor', ours: 'webim-profile', tanstack: 'TanStack Query + idb-keyval' };

export function paper({ title, subtitle, width, height }, parts) {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}">
<style>${style}
</style>
<rect width="${width}" height="${height}" rx="6" fill="var(--paper)"/>
${text(16, 26, title, 'title')}
${text(16, 45, subtitle, 'faint')}
${parts.flat(Infinity).join('\n')}
</svg>
`;
}

export function text(x, y, words, kind = '', anchor = 'start') {
  return `<text x="${round(x)}" y="${round(y)}" class="${kind}" text-anchor="${anchor}">${escaped(words)}</text>`;
}

export function rule(x1, y1, x2, y2, kind = 'rule') {
  return `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" class="${kind}"/>`;
}

export function bar(x, y, width, height, who) {
  return `<rect x="${round(x)}" y="${round(y)}" width="${round(Math.max(width, 1))}" height="${height}" rx="2" class="${who} mark"/>`;
}

/** A mark whose shape and colour tell the contender: a disc, a diamond, a tick. */
export function mark(x, y, who) {
  const [px, py] = [round(x), round(y)];
  if (who === 'ours') return `<circle cx="${px}" cy="${py}" r="5.5" class="${who} mark"/>`;
  if (who === 'tanstack') return `<path d="M${px} ${py - 7}l7 7l-7 7l-7 -7z" class="${who} mark"/>`;
  return `<rect x="${px - 2}" y="${py - 8}" width="4" height="16" class="${who} mark"/>`;
}

export function path(points, who) {
  const d = points.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${round(x)} ${round(y)}`).join(' ');
  return `<path d="${d}" class="${who} line"/>`;
}

/** The legend, in a row from `x` on: each contender with the sign that `sign` draws for it. */
export function legend(x, y, { who, sign }) {
  let at = x;
  return Object.entries(who).map(([kind, name]) => {
    const from = at;
    at += 38 + name.length * 7;
    return [sign(from + 7, y - 4, kind), text(from + 20, y, name)];
  });
}

function round(number) {
  return Math.round(number * 10) / 10;
}

function escaped(words) {
  return `${words}`.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;');
}
