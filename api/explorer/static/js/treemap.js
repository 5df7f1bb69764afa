// Whose pretraining is under the models: area is share, and what nobody has declared is land too.
import { h, int, pct, s, short } from './dom.js';
import { hatch, tip, untip } from './figure.js';
import { nodePage } from './api.js';
import { bars, fit, svg, text, uid } from './charts.js';

const BOLD = '600 13px Inter, system-ui, sans-serif';
const PLAIN = '500 12px Inter, system-ui, sans-serif';
const GAP = 6;

/**
 * Rectangles of given areas, as square as they go (Bruls, Huizing, van Wijk 2000).
 * @param items `{v}` each, largest first
 */
export function squarify(items, x, y, width, height) {
  const total = items.reduce((sum, item) => sum + item.v, 0);
  const scale = (width * height) / (total || 1);
  const out = [];
  const worst = (row, side) => {
    const area = row.reduce((sum, item) => sum + item.v * scale, 0);
    return Math.max((side * side * row[0].v * scale) / (area * area), (area * area) / (side * side * row.at(-1).v * scale));
  };
  const lay = (row) => {
    const area = row.reduce((sum, item) => sum + item.v * scale, 0);
    const upright = width >= height;
    const thick = area / (upright ? height : width);
    let at = upright ? y : x;
    for (const item of row) {
      const long = (item.v * scale) / thick;
      out.push(upright ? { ...item, x, y: at, w: thick, h: long } : { ...item, x: at, y, w: long, h: thick });
      at += long;
    }
    if (upright) [x, width] = [x + thick, width - thick];
    else [y, height] = [y + thick, height - thick];
  };
  let row = [];
  for (const item of items) {
    const side = Math.min(width, height);
    if (row.length && worst([...row, item], side) > worst(row, side)) {
      lay(row);
      row = [];
    }
    row.push(item);
  }
  if (row.length) lay(row);
  return out;
}

/** Three strengths by rank, not a rainbow. */
const strength = (rank) => (rank < 3 ? 1 : rank < 9 ? 2 : 3);

function inner(cell, level) {
  const { item } = cell;
  const oneLine = fit(item.name, cell.w - 62, BOLD) === item.name;
  const head = oneLine ? 24 : 40;
  // Only what has room for a name; the rest is one field.
  const room = cell.w * (cell.h - head);
  const shown = item.roots.filter((root) => (root.share / item.share) * room > 2600);
  const known = shown.reduce((sum, root) => sum + root.share, 0);
  const rest = item.share - known;
  const roots = shown.map((root) => ({ v: root.share, name: root.name }));
  if (!roots.length) return null;
  if (rest > item.share * 0.004) roots.push({ v: rest, name: `${int(item.n_more + item.roots.length - shown.length)} more` });
  return squarify(roots, cell.x + 1, cell.y + head, cell.w - 2, cell.h - head - 1).map((part) => {
    const label = part.h > 18 && fit(short(part.name, 80), part.w - 12, PLAIN);
    return [s('rect', { x: part.x, y: part.y, width: part.w, height: part.h, class: 'r' + level, 'stroke-opacity': 0.55 }),
      label && text(part.x + 6, part.y + 15, label, { class: 't' + level })];
  });
}

function labels(cell, level, words) {
  const { item } = cell;
  const name = short(item.name, 80);
  const beside = fit(name, cell.w - 62, BOLD) === name;
  const cls = 't' + level;
  if (cell.h <= 18) return null;
  if (beside) {
    return [text(cell.x + 6, cell.y + 16, name, { class: cls + ' b' }),
      text(cell.x + cell.w - 6, cell.y + 16, words, { class: cls, 'text-anchor': 'end' })];
  }
  const own = fit(name, cell.w - 10, '600 12px Inter, system-ui, sans-serif');
  if (own && cell.h > 34) {
    return [text(cell.x + 6, cell.y + 16, own, { class: cls + ' b sm' }), text(cell.x + 6, cell.y + 31, words, { class: cls })];
  }
  return cell.w > 44 && text(cell.x + 6, cell.y + 16, words, { class: cls });
}

function drawCell(cell, box) {
  const { item } = cell;
  const level = strength(item.rank);
  const words = pct(item.share);
  const children = [
    s('rect', { x: cell.x, y: cell.y, width: cell.w, height: cell.h, class: 'r' + level }),
    cell.h > 70 && cell.w > 90 && item.roots.length > 1 && inner(cell, level),
    labels(cell, level, words)];
  const drawn = item.id
    ? s('a', { href: nodePage(item.id), class: 'cell', 'aria-label': `${short(item.name, 120)}, ${words}` }, children)
    : s('g', { class: 'cell' }, children);
  drawn.addEventListener('pointermove', (event) => tip(box, event, short(item.name, 120), `${words} of what has declared lineage`));
  drawn.addEventListener('pointerleave', () => untip(box));
  return drawn;
}

function land(width, height, undeclared, about, id) {
  const lines = [['b tx', 'Lineage undeclared'], ['', about[0]], ['', about[1]]];
  const wide = width > 250 && height > 124;
  return [s('rect', { x: 0, y: 0, width, height, fill: `url(#${id})`, stroke: 'none' }),
    wide ? [s('rect', { x: 12, y: 12, width: 232, height: 106, fill: 'var(--card)', stroke: 'none', rx: 6 }),
      text(26, 52, pct(undeclared), { class: 'tx big' }),
      lines.map(([cls, words], i) => text(26, 76 + 17 * i, words, { class: cls }))]
      : width > 44 && height > 26 && [
        s('rect', { x: 5, y: 5, width: Math.min(width - 10, width > 88 ? 78 : 64), height: width > 88 && height > 46 ? 37 : 20, rx: 4, fill: 'var(--card)', stroke: 'none' }),
        text(9, 19, pct(undeclared), { class: 'tx b' }),
        width > 88 && height > 46 && text(9, 35, 'undeclared', { class: 'tx' })]];
}

/**
 * @param items pretrainers, largest first: `{id, name, share, roots: [{name, share}], n_more}`
 * @param undeclared share of the weight of undeclared lineage, 0..1
 */
export function treemap(width, { items, undeclared, about }, box) {
  const narrow = width < 560;
  const height = narrow ? 540 : 440;
  const id = uid('tm');
  const own = undeclared > 0;
  const landWidth = narrow ? width : Math.round(width * undeclared);
  const landHeight = narrow ? Math.round(height * undeclared) : height;
  const x = narrow || !own ? 0 : landWidth + GAP;
  const y = narrow && own ? landHeight + GAP : 0;
  const cells = squarify(items.map((item, rank) => ({ v: item.share, item: { ...item, rank: item.id ? rank : 99 } })), x, y, Math.max(1, width - x), Math.max(1, height - y));
  const drawn = svg(width, height,
    `Treemap of shares; ${pct(undeclared)} of undeclared lineage as a hatched block. The table has the same numbers.`, 'tm',
    s('defs', {}, hatch(id, 'var(--sunk)', 'var(--line)', 9)),
    own && land(landWidth, landHeight, undeclared, about, id),
    cells.map((cell) => drawCell(cell, box)));
  drawn.setAttribute('role', 'group'); // its cells are links
  return drawn;
}

/** Shares that overlap or leave gaps are no areas of one whole: bars then, the unsaid first. */
export function shareBars(width, { items, undeclared }) {
  return bars(width, [
    { name: 'lineage undeclared', share: undeclared, words: pct(undeclared), fill: 'hatch' },
    ...items.filter((item) => item.id).map((item) => ({ name: short(item.name, 80), share: item.share, words: pct(item.share) })),
  ], 'Shares of pretrainers, after what has undeclared lineage. The table has the same numbers.');
}

export const treeRows = (items, format) => items.map((item) => [
  item.id ? h('a', { href: nodePage(item.id) }, short(item.name, 120)) : item.name,
  pct(item.share, 2), format(item), item.roots.length ? item.roots.slice(0, 3).map((root) => short(root.name, 60)).join(', ') : '\u2013',
]);
