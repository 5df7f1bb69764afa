// A figure is a picture and a table of the same numbers; neither is second class.
import { $, h, s, table } from './dom.js';

/**
 * Give a `.fig` section its picture and its table, and the switch between them.
 * @param sel section or selector; it holds a `.fig-head` with an `h2`
 * @param draw `(width, box) => Node`, called again whenever the width changes
 * @param columns, rows see `table` in dom.js
 */
export function figure(sel, { draw, columns, rows, source, tools = [] }) {
  const section = typeof sel === 'string' ? $(sel) : sel;
  const head = $('.fig-head', section);
  const name = $('h2', section).textContent;
  const chart = h('div', { class: 'fig-chart' });
  const numbers = h('div', {
    class: 'fig-table', hidden: true, tabindex: 0, role: 'region',
    'aria-label': `${name}, as a table`,
  }, table(columns, rows, { cls: 'stk' }));
  const show = (picture) => {
    chart.hidden = !picture;
    numbers.hidden = picture;
    for (const button of [first, second]) {
      button.setAttribute('aria-pressed', String((button === first) === picture));
    }
    if (picture) paint();
  };
  const choice = (text, picture) => h('button', {
    type: 'button', 'aria-pressed': String(picture), on: { click: () => show(picture) },
  }, text);
  const first = choice('Picture', true);
  const second = choice('Table', false);
  let drawn = 0;
  const paint = () => {
    const width = chart.clientWidth;
    if (!width) return;
    drawn = width;
    chart.replaceChildren(draw(width, chart));
  };
  for (const old of section.querySelectorAll(':scope .fig-tools, :scope > .fig-chart, :scope > .fig-table, :scope > .fig-src')) old.remove();
  head.append(h('div', { class: 'fig-tools' }, tools,
    h('div', { class: 'seg', role: 'group', 'aria-label': `Show ${name} as` }, first, second)));
  head.after(chart, numbers);
  if (source) section.append(h('p', { class: 'fig-src' }, source));
  new ResizeObserver(() => {
    if (Math.abs(chart.clientWidth - drawn) > 1) paint();
  }).observe(chart);
  paint();
  document.fonts?.ready.then(paint);
  return { paint, show };
}

/** A tooltip inside a box. It only ever repeats what the table says. */
export function tip(box, event, ...lines) {
  let note = $('.tip', box);
  if (!note) box.append(note = h('div', { class: 'tip', 'aria-hidden': 'true' }));
  note.replaceChildren(...lines.map((line, i) => h(i ? 'span' : 'b', {}, line)));
  note.hidden = false;
  const bounds = box.getBoundingClientRect();
  const x = Math.min(event.clientX - bounds.left + 14, bounds.width - note.offsetWidth - 4);
  note.style.left = Math.max(0, x) + 'px';
  note.style.top = event.clientY - bounds.top + 16 + 'px';
}
export const untip = (box) => {
  const note = $('.tip', box);
  if (note) note.hidden = true;
};

/** The pattern of what nobody has said: diagonals drawn corner to corner, so no moiré. */
export const hatch = (id, ground = 'var(--v-unknown-2)', line = 'var(--v-unknown)', n = 6) =>
  s('pattern', { id, width: n, height: n, patternUnits: 'userSpaceOnUse' },
    s('rect', { width: n, height: n, fill: ground }),
    s('path', {
      d: `M-1 1l2-2M0 ${n}L${n} 0M${n - 1} ${n + 1}l2-2`, stroke: line, 'stroke-width': n / 3,
    }));
