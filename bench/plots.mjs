// The kinds of plot: bars from zero, marks on a logarithmic scale, and lines of growth.
import { bar, legend, mark, names, paper, path, rule, text } from './svg.mjs';

const width = 760;
const left = 190;
const right = 40;
const top = 92;

/** Groups of bars from zero; `aims` are lines across them. */
export function bars({ title, subtitle, groups, aims = [], who }) {
  const rows = groups.flatMap(({ bars }) => bars);
  const most = Math.max(...rows.map(({ value }) => value), ...aims.map(({ at }) => at)) * 1.02;
  const x = (value) => left + (value / most) * (width - left - right - 90);
  const sign = (x, y, kind) => bar(x - 7, y - 6, 14, 12, kind);
  const parts = [legend(16, 70, { who, sign })];
  let y = top;
  const labels = [];
  for (const { label, bars } of groups) {
    parts.push(text(left - 10, y + bars.length * 11 + 4, label, '', 'end'));
    for (const { who, value, label } of bars) {
      parts.push(bar(left, y + 2, x(value) - left, 18, who));
      labels.push(text(x(value) + 6, y + 15, label));
      y += 22;
    }
    y += 14;
  }
  for (const { at, label } of aims) parts.push(rule(x(at), top - 6, x(at), y - 10, 'aim'), text(x(at), y + 6, label, 'aimed', 'middle'));
  // The labels are drawn over the aims.
  parts.push(...labels);
  parts.push(rule(left, top - 6, left, y));
  return paper({ title, subtitle, width, height: y + (aims.length > 0 ? 16 : 4) }, parts);
}

/** A row for each kind of work, with a mark for each contender, on a logarithmic scale of ms; `aim` is a line across. */
export function marks({ title, subtitle, rows, aim, who = names }) {
  const [low, high] = bounds(rows.flatMap(({ values }) => Object.values(values)).concat(aim.at));
  const x = (value) => left + (Math.log(value / low) / Math.log(high / low)) * (width - left - right);
  const bottom = top + rows.length * 30;
  const parts = [legend(16, 70, { who, sign: mark })];
  for (const at of powers(low, high))
    parts.push(rule(x(at), top - 6, x(at), bottom), text(x(at), bottom + 18, shown(at), 'faint', 'middle'));
  parts.push(rule(x(aim.at), top - 6, x(aim.at), bottom, 'aim'), text(x(aim.at), bottom + 34, aim.label, 'aimed', 'middle'));
  for (const [index, { label, values }] of rows.entries()) {
    const y = top + index * 30 + 12;
    parts.push(text(left - 12, y + 4, label, '', 'end'));
    // Ours is last, so that nothing covers it.
    for (const kind of ['floor', 'tanstack', 'ours']) if (values[kind]) parts.push(mark(x(values[kind]), y, kind));
  }
  return paper({ title, subtitle, width, height: bottom + 44 }, parts);
}

/** How the time grows from one count to the next, with both scales logarithmic. */
export function lines({ title, subtitle, counts, series, who = names }) {
  const [low, high] = bounds(Object.values(series).flat());
  const bottom = 340;
  const from = 70;
  const x = (index) => from + 30 + (index * (width - from - 150)) / (counts.length - 1);
  const y = (value) => bottom - (Math.log(value / low) / Math.log(high / low)) * (bottom - top);
  const parts = [legend(16, 70, { who, sign: mark })];
  for (const at of powers(low, high))
    parts.push(rule(from, y(at), width - right, y(at)), text(from - 8, y(at) + 4, shown(at), 'faint', 'end'));
  for (const [index, count] of counts.entries())
    parts.push(text(x(index), bottom + 34, `${count.toLocaleString('en')} kept`, 'faint', 'middle'));
  for (const [kind, values] of Object.entries(series)) {
    const points = values.map((value, index) => [x(index), y(value)]);
    parts.push(path(points, kind));
    for (const [index, [px, py]] of points.entries())
      parts.push(mark(px, py, kind), text(px, py + (kind === 'floor' ? 22 : -12), shown(values[index]), '', 'middle'));
  }
  return paper({ title, subtitle, width, height: bottom + 48 }, parts);
}

/** The powers of ten around the numbers. */
function bounds(numbers) {
  const positive = numbers.filter((number) => number > 0);
  return [10 ** Math.floor(Math.log10(Math.min(...positive))), 10 ** Math.ceil(Math.log10(Math.max(...positive) * 1.01))];
}

function powers(low, high) {
  const found = [];
  for (let at = low; at <= high * 1.001; at *= 10) found.push(at);
  return found;
}

function shown(ms) {
  return `${ms < 10 ? Number(ms.toFixed(1)) : Math.round(ms).toLocaleString('en')} ms`;
}
