// Everything that stands on a target: columns are generations, height is how much is touched.
import { h, int, s, short } from './dom.js';
import { tip, untip } from './figure.js';
import { glyph, RELATION, VERDICT, verdictClass } from './marks.js';
import { fit, measure, text } from './charts.js';

const HEAD = 22;
const THIN = 15;
const LABELLED = 15;
const TWO_LINES = 36;
const BOLD = '600 12px Inter, system-ui, sans-serif';

const isNamed = (block) => block.id != null;
export const blockName = (block) => {
  if (isNamed(block) || block.name) return short(block.id ?? block.name, 200);
  return `\u2026${int(block.folded)} more`;
};
export const blockVerdict = (block) => (block.verdict ? VERDICT[block.verdict] ?? block.verdict : 'part of the target');

/** Siblings too thin to see become one band a verdict, so that no height is lost. */
function withoutThin(children, scale) {
  const kept = [];
  const bands = new Map();
  for (const child of children) {
    if (child.artefacts * scale >= THIN) kept.push(child);
    else {
      const band = bands.get(child.verdict) ?? { id: null, name: null, verdict: child.verdict, artefacts: 0, folded: 0, children: [], thin: true };
      band.artefacts += child.artefacts;
      band.folded += child.folded;
      band.children.push(...child.children);
      bands.set(child.verdict, band);
    }
  }
  return [...kept, ...bands.values()];
}

/** Give each block its place; heights are proportional to what is touched. */
function layOut(root, columns, height) {
  const boxes = [];
  const place = (block, column, y, tall) => {
    boxes.push({ block, column, y, tall });
    if (column + 1 >= columns || !block.artefacts) return;
    const scale = tall / block.artefacts;
    let at = y;
    for (const child of withoutThin(block.children, scale)) {
      const own = child.artefacts * scale;
      if (own < 0.4) continue;
      place(child, column + 1, at, own);
      at += own;
    }
  };
  place(root, 0, HEAD, height - HEAD);
  return boxes;
}

/** Columns as wide as what stands in them, within the picture. */
function columnWidths(boxes, columns, width) {
  const wanted = Array.from({ length: columns }, () => 36);
  for (const { block, column, tall } of boxes) {
    if (tall < LABELLED) continue;
    const label = measure(blockName(block), BOLD) + (tall > TWO_LINES ? 34 : 44 + measure(int(block.artefacts), BOLD));
    wanted[column] = Math.max(wanted[column], Math.min(label, width * 0.34));
  }
  const sum = wanted.reduce((a, b) => a + b);
  // What is left goes to the generations, not to the target; too much is taken from all.
  const widths = sum > width
    ? wanted.map((w) => (w / sum) * width)
    : wanted.map((w, i) => w + (i ? ((width - sum) * w) / (sum - wanted[0] || 1) : columns === 1 ? width - sum : 0));
  let x = 0;
  return widths.map((w) => [(x += w) - w, w]);
}

const depthOf = (block) => 1 + Math.max(0, ...block.children.map(depthOf));
const NAMES = ['1st generation', '2nd', '3rd', '4th', '5th', '6th'];

function headings(tree, columns, opened) {
  const hasMembers = !opened && tree.root.id == null ? true : tree.root.children.some((child) => child.verdict == null);
  const first = [opened ? 'Opened' : 'Target', ...(hasMembers ? ['What it holds'] : [])];
  const rest = opened ? ['1 down', '2 down', '3 down', '4 down', '5 down'] : NAMES;
  return [...first, ...rest].slice(0, columns);
}

function drawBox({ block, column, y, tall }, [x, width], id) {
  const isSelf = !block.verdict;
  const name = blockName(block);
  const ink = isSelf ? 'self-t' : 'on';
  const count = int(block.artefacts);
  const oneLine = tall <= TWO_LINES;
  const mark = !isSelf && width > 60 ? 18 : 0;
  const room = width - 14 - mark - (oneLine ? measure(count, BOLD) + 12 : 0);
  const label = tall > LABELLED && width > 40 ? fit(name, room, BOLD) : '';
  return s('g', { class: isSelf ? '' : verdictClass(block.verdict), 'aria-hidden': 'true' },
    s('clipPath', { id }, s('rect', { x: x + 2, y, width: Math.max(0, width - 5), height: tall })),
    s('rect', { x, y, width: Math.max(0, width - 1), height: Math.max(0.8, tall - 0.5), class: isSelf ? 'self' : 'vfill' }),
    tall > LABELLED && s('g', { 'clip-path': `url(#${id})` },
      mark > 0 && at(glyph(block.verdict, 'g'), x + 6, y + (oneLine ? tall / 2 - 6.5 : 5)),
      label && text(x + 7 + mark, y + (oneLine ? tall / 2 + 4 : 16), label, { class: ink + (isNamed(block) ? ' b' : '') }),
      oneLine
        ? width > 60 && label !== '' && text(x + width - 9, y + tall / 2 + 4, count, { class: ink, 'text-anchor': 'end' })
        : text(x + 7 + (mark && width > 100 ? mark : 0), y + 31, count, { class: ink })));
}
function at(mark, x, y) {
  for (const [name, value] of Object.entries({ x, y, width: 13, height: 13 })) mark.setAttribute(name, value);
  return mark;
}

/**
 * Draw the tree.
 * @param tree as the server gives it
 * @param open `(id | null) => void`: open a block; null is the whole target
 * @param opened whether the tree begins at a block that was opened; it closes again
 */
export function icicle(width, tree, box, open, opened) {
  const narrow = width < 560;
  const columns = Math.min(depthOf(tree.root), narrow ? 3 : 6);
  const height = Math.max(150, Math.min(narrow ? 440 : 600, HEAD + tree.root.artefacts * 26));
  const boxes = layOut(tree.root, columns, height);
  const places = columnWidths(boxes, columns, width);
  const drawn = boxes.map((item, i) => {
    const { block, column, y, tall } = item;
    const [x, own] = places[column];
    const canClose = column === 0 && opened;
    const opens = canClose || (column > 0 && isNamed(block) && block.has_children && tall > LABELLED);
    const lines = [`${int(block.artefacts)} touched here and below`, blockVerdict(block) + (block.relation ? `, by ${RELATION[block.relation] ?? block.relation}` : '')];
    const hit = s('rect', {
      class: 'hit', x, y, width: Math.max(0, own - 1), height: Math.max(0.8, tall - 0.5),
      ...(opens ? {
        tabindex: 0, role: 'button',
        'aria-label': `${blockName(block)}: ${int(block.artefacts)} touched, ${blockVerdict(block)}. ${canClose ? 'Close' : 'Open'}`,
        'data-id': block.id,
      } : { 'aria-hidden': 'true' }),
    });
    const go = () => open(canClose ? tree.trail.at(-1) ?? null : block.id);
    if (opens) {
      hit.addEventListener('click', go);
      hit.addEventListener('keydown', (event) => {
        if (event.key === 'Enter' || event.key === ' ') {
          event.preventDefault();
          go();
        }
      });
    }
    hit.addEventListener('pointermove', (event) => tip(box, event, blockName(block), ...lines.flatMap((line) => [line, h('br')])));
    hit.addEventListener('pointerleave', () => untip(box));
    return [drawBox(item, places[column], `ice${i}`), hit];
  });
  const titles = headings(tree, columns, opened).map((title, i) =>
    measure(title, '12px Inter, system-ui, sans-serif') < places[i][1] && text(places[i][0] + 2, 14, title));
  return s('svg', {
    viewBox: `0 0 ${width} ${height}`, width, height, class: 'ice', role: 'group',
    'aria-label': `Icicle: ${int(tree.root.artefacts)} artefacts touched, by generation and verdict. The table has the same numbers.`,
  }, titles, drawn);
}

/** The same tree as rows of a table, deeper ones set in. */
export function icicleRows(tree) {
  const rows = [];
  const walk = (block, depth) => {
    rows.push([
      h('span', { class: 'id', css: { 'padding-left': `${Math.min(depth, 6) * 14}px` } }, isNamed(block) || block.name ? blockName(block) : `${int(block.folded)} more`),
      blockVerdict(block), block.relation ? RELATION[block.relation] ?? block.relation : '', int(block.artefacts),
    ]);
    block.children.forEach((child) => walk(child, depth + 1));
  };
  walk(tree.root, 0);
  return rows;
}
export const ICICLE_COLUMNS = [
  { t: 'Artefact' }, { t: 'Verdict', l: 'verdict' }, { t: 'Relation to the one above', l: 'relation' }, { t: 'Touched, here and below', num: 1, l: 'touched' },
];
