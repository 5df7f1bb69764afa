// Pictures of numbers, drawn by hand in SVG. Each has a name for screen readers and a table
// of the same numbers beside it (figure.js); an interval is never left out of one.
import { int, kilo, pct, s } from './dom.js';
import { hatch, tip, untip } from './figure.js';
import { VERDICT, verdictClass } from './marks.js';

let made = 0;
export const uid = (prefix) => `${prefix}${++made}`;
export const svg = (width, height, label, cls, ...parts) =>
  s('svg', {
    viewBox: `0 0 ${width} ${height}`, width, height, role: 'img', 'aria-label': label, class: cls,
  }, ...parts);
export const text = (x, y, words, attributes = {}) => s('text', { x, y, ...attributes }, words);
const rect = (x, y, width, height, attributes = {}) =>
  s('rect', { x, y, width: Math.max(0, width), height: Math.max(0, height), ...attributes });
const path = (points) =>
  points.map(([x, y], i) => `${i ? 'L' : 'M'}${x.toFixed(1)} ${y.toFixed(1)}`).join('');

/** A path of any length; `s` cuts the text of attributes, and this is made of numbers alone. */
function drawPath(d, attributes) {
  const drawn = s('path', attributes);
  drawn.setAttribute('d', d);
  return drawn;
}

const pen = document.createElement('canvas').getContext('2d');
/** How wide a text is drawn. */
export function measure(words, font = '600 12px Inter, system-ui, sans-serif') {
  pen.font = font;
  return pen.measureText(words).width;
}

/** A name cut to a width: first its owner goes, then its end; '' when nothing telling is left. */
export function fit(words, width, font) {
  if (measure(words, font) <= width) return words;
  let name = words.slice(words.lastIndexOf('/') + 1);
  if (measure(name, font) <= width) return name;
  while (name.length > 3 && measure(name + '\u2026', font) > width) name = name.slice(0, -1);
  return name.length > 4 ? name + '\u2026' : '';
}

/** Round numbers from 0 to at least `top`. */
export function ticks(top, wanted = 4) {
  if (!(top > 0)) return [0, 1];
  const raw = top / wanted;
  const unit = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((m) => m * unit).find((value) => value >= raw * 0.999);
  const found = [];
  for (let i = 0; i === 0 || found[i - 1] < top * 0.999; i += 1) found.push(+(i * step).toPrecision(12));
  return found;
}

/** 1, 2, 5, 10, 20 … around a range; thinned where it spans many powers. */
export function logTicks(low, high) {
  const found = [];
  const first = Math.floor(Math.log10(low));
  const last = Math.ceil(Math.log10(high));
  const steps = last - first > 3 ? [1] : [1, 2, 5];
  for (let power = first; power <= last; power += 1) {
    for (const m of steps) found.push(+(m * 10 ** power).toPrecision(6));
  }
  const from = found.findLastIndex((value) => value <= low * 1.0001);
  const to = found.findIndex((value) => value >= high * 0.9999);
  const kept = found.slice(Math.max(0, from), to < 0 ? undefined : to + 1);
  return kept.length > 1 ? kept : [kept[0], kept[0] * 10];
}

/**
 * One bar of a whole. Parts are `[share, fill]`; the fill 'hatch' is what nobody has said.
 */
export function parts(width, list, label, height = 14) {
  const id = uid('p');
  let x = 0;
  return svg(width, height, label, '', s('defs', {}, hatch(id)), list.map(([share, fill]) => {
    const drawn = share > 0 && rect(x, 0, Math.max(1, share * width - 1.5), height, {
      rx: 2, fill: fill === 'hatch' ? `url(#${id})` : fill,
    });
    x += share * width;
    return drawn;
  }));
}

const isSafe = (name) => name === 'unaffected' || name === 'unknown';
export const touched = (counts) =>
  Object.entries(counts).reduce((sum, [name, n]) => (isSafe(name) ? sum : sum + n), 0);
const EDGED = new Set(['exposed', 'recoverable', 'contested']);

/** Two storeys: above, everything outside the target; below, the touched part by verdict. */
export function storeys(width, counts, label) {
  const id = uid('b');
  const hit = touched(counts);
  const all = hit + counts.unaffected + counts.unknown || 1;
  const hitWidth = hit ? Math.max(6, (hit / all) * width) : 0;
  const rest = (width - hitWidth) / (all - hit || 1);
  const safeWidth = counts.unaffected * rest;
  let x = 0;
  const lower = Object.entries(counts).filter(([name, n]) => !isSafe(name) && n > 0).map(([name, n]) => {
    const own = (n / hit) * width;
    const drawn = rect(x, 34, Math.max(1, own - 1.5), 26, {
      rx: 1.5, class: 'vfill ' + verdictClass(name),
      stroke: EDGED.has(name) ? 'var(--v-edge)' : 'none', 'stroke-width': 0.75,
    });
    x += own;
    return drawn;
  });
  return svg(width, 62, label, '', s('defs', {}, hatch(id)),
    rect(0, 0, hitWidth - 1.5, 14, { fill: 'var(--self)', rx: 1.5 }),
    rect(hitWidth, 0, safeWidth - 1.5, 14, { fill: 'var(--v-unaffected)', rx: 1.5 }),
    rect(hitWidth + safeWidth, 0, counts.unknown * rest, 14, { fill: `url(#${id})`, rx: 1.5 }),
    hit > 0 && s('path', {
      d: `M0 15H${Math.max(0, hitWidth - 1.5)}L${width} 33H0z`, fill: 'var(--ink-2)', opacity: 0.13,
    }),
    hit > 0 ? lower : text(0, 51, 'Nothing in this snapshot stands on it.'));
}

/** One column a generation, by verdict. `waves` as the server gives them. */
export function waves(width, list, label) {
  const [H, L, B, top] = [236, 46, 40, 20];
  const sums = list.map((wave) => touched(wave.counts));
  const marks = ticks(Math.max(...sums));
  const y = (n) => (n / marks.at(-1)) * (H - B - top);
  const across = (width - L) / list.length;
  const bar = Math.min(90, across * 0.68);
  const column = (wave, i) => {
    const middle = L + across * (i + 0.5);
    let foot = H - B;
    // The worst lies at the bottom, where heights are easiest to compare.
    const boxes = Object.entries(wave.counts).filter(([, n]) => n > 0).map(([name, n]) => {
      const height = y(n);
      foot -= height;
      return rect(middle - bar / 2, foot, bar, Math.max(0.6, height - 1), {
        class: 'vfill ' + verdictClass(name), stroke: EDGED.has(name) ? 'var(--v-edge)' : 'none', 'stroke-width': 0.5,
      });
    });
    return [boxes, text(middle, foot - 6, kilo(sums[i]), { 'text-anchor': 'middle', class: 'tx b' }),
      text(middle, H - B + 17, wave.generation + (wave.and_later ? '+' : ''), { 'text-anchor': 'middle', class: 'tx' })];
  };
  return svg(width, H, label, '', marks.map((mark) => [
    s('line', { class: 'axis', x1: L, x2: width, y1: H - B - y(mark), y2: H - B - y(mark) }),
    Number.isInteger(mark) && text(L - 8, H - B - y(mark) + 4, kilo(mark), { 'text-anchor': 'end' })]),
  list.map(column),
  text(L + (width - L) / 2, H - 3, 'generations below the target', { 'text-anchor': 'middle' }));
}

function axes(width, height, { left = 46, bottom = 40, across, up, title }) {
  const [right, top] = [10, 14];
  const x = (v) => left + (width - left - right) * v;
  const y = (v) => height - bottom - (height - bottom - top) * v;
  const last = across.length - 1;
  const drawn = [
    up.map(([at, words]) => [
      s('line', { class: 'axis', x1: left, x2: width - right, y1: y(at), y2: y(at) }),
      text(left - 7, y(at) + 4, words, { 'text-anchor': 'end' })]),
    across.map(([at, words], i) => text(x(at), height - bottom + 17, words, {
      'text-anchor': i === last && at > 0.97 ? 'end' : i === 0 && at < 0.03 ? 'start' : 'middle',
    })),
    title && text(x(0.5), height - 3, title, { 'text-anchor': 'middle' }),
  ];
  return { x, y, drawn, left, right, top, bottom };
}
const QUARTERS = [0, 0.25, 0.5, 0.75, 1];
const percents = () => QUARTERS.map((v) => [v, `${v * 100}\u00a0%`]);

/** Share touched when k close, with the interval that undeclared lineage allows. */
export function closureCurve(width, curve, half, title, box) {
  const H = 280;
  const n = curve.length;
  const steps = ticks(n, Math.min(5, n)).filter((k) => Number.isInteger(k) && k <= n);
  const a = axes(width, H, { across: steps.map((k) => [k / n, k]), up: percents(), title });
  const line = (key) => curve.map((point) => [a.x(point.k / n), a.y(point[key])]);
  const start = [a.x(0), a.y(0)];
  const last = curve.at(-1);
  const middle = half && curve[half - 1];
  const picture = svg(width, H,
    `Closure curve. ${middle ? `Closing ${half} touches ${pct(middle.share)}; ` : ''}closing ${n} touches ${pct(last.share)}. The table has the same numbers.`, '',
    a.drawn,
    drawPath(`${path([start, ...line('high')])}${path(line('low').reverse()).replace('M', 'L')}z`, { class: 'ar' }),
    drawPath(path([start, ...line('high')]), { class: 'ln edge' }),
    drawPath(path([start, ...line('low')]), { class: 'ln edge' }),
    drawPath(path([start, ...line('share')]), { class: 'ln' }),
    n <= 40 && line('share').map(([x, y]) => s('circle', { cx: x, cy: y, r: 2.2, class: 'pt' })),
    middle && [
      s('path', { class: 'hair', d: `M${a.x(0)} ${a.y(0.5)}H${a.x(half / n)}V${a.y(0)}` }),
      s('circle', { cx: a.x(half / n), cy: a.y(middle.share), r: 5, class: 'pt' }),
      text(a.x(half / n) + 10, a.y(middle.share) + 20, `${half} touch ${pct(middle.share, 0)}`, { class: 'tx b halo' })],
    text(a.x(1) - 4, a.y(last.share) + (last.share > 0.85 ? 20 : -10), `${n} touch ${pct(last.share, 0)}`, { 'text-anchor': 'end', class: 'tx halo' }));
  follow(picture, width, a, box, (share) => {
    const point = curve[Math.max(1, Math.min(n, Math.round(share * n))) - 1];
    return { at: point.k / n, lines: [`${point.k}. ${point.name}`, `${pct(point.share)} touched (${pct(point.low)} to ${pct(point.high)})`] };
  });
  return picture;
}

/** Lorenz curve; `points` run from (0, 0) to (1, 1). */
export function lorenzCurve(width, points, gini, title) {
  const H = 280;
  const a = axes(width, H, { across: percents(), up: percents(), title });
  const line = points.map((point) => [a.x(point.pretrainers), a.y(point.share)]);
  return svg(width, H, `Lorenz curve, Gini ${gini}. The table has the same numbers.`, '', a.drawn,
    drawPath(path(line) + 'z', { class: 'ar' }),
    s('path', { class: 'hair', d: `M${a.x(0)} ${a.y(0)}L${a.x(1)} ${a.y(1)}` }),
    drawPath(path(line), { class: 'ln' }),
    text(a.x(0.47), a.y(0.55), 'equal shares', { 'text-anchor': 'end', class: 'halo' }),
    text(a.x(0.03), a.y(0.92), `Gini ${gini}`, { class: 'tx b halo' }));
}

/** A hair line and a note that follow the pointer; the table says the same. */
function follow(picture, width, a, box, tell) {
  const hair = s('line', { class: 'hair', y1: a.top, y2: picture.viewBox.baseVal.height - a.bottom, visibility: 'hidden' });
  picture.append(hair);
  picture.addEventListener('pointermove', (event) => {
    const bounds = picture.getBoundingClientRect();
    const share = (((event.clientX - bounds.left) / bounds.width) * width - a.left) / (width - a.left - a.right);
    const { at, lines } = tell(Math.max(0, Math.min(1, share)));
    for (const end of ['x1', 'x2']) hair.setAttribute(end, a.x(at));
    hair.setAttribute('visibility', 'visible');
    tip(box, event, ...lines);
  });
  picture.addEventListener('pointerleave', () => {
    hair.setAttribute('visibility', 'hidden');
    untip(box);
  });
}

/**
 * A figure over time with its band.
 * @param list `{label, low, point, high}` each; a figure without declared lineage has no point
 * @param options `log`, `format`, `label`, `most`: what no value is above
 */
export function band(width, list, { log, format, label, most }, box) {
  const H = 280;
  const known = list.filter((item) => item.low != null && item.high != null);
  const n = list.length;
  const top = Math.max(...known.map((item) => item.high));
  const bottom = Math.min(...known.map((item) => item.low));
  const marks = log ? logTicks(Math.max(1, bottom), top) : ticks(Math.min(most ?? Infinity, top));
  const scale = log
    ? (v) => Math.log(v / marks[0]) / Math.log(marks.at(-1) / marks[0])
    : (v) => v / marks.at(-1);
  const times = list.map((item) => moment(item.label));
  const span = times.at(-1) - times[0];
  const at = (i) => (span > 0 ? (times[i] - times[0]) / span : 0.5);
  const a = axes(width, H, {
    bottom: 26, across: yearMarks(list, at, width - 60), up: marks.map((v) => [scale(v), kilo(v) === int(v) && v < 10 ? String(v) : kilo(v)]),
  });
  const runs = (key) => {
    const found = [[]];
    list.forEach((item, i) => (item[key] == null ? found.push([]) : found.at(-1).push([a.x(at(i)), a.y(scale(item[key]))])));
    return found.filter((run) => run.length);
  };
  const shades = runs('high').map((run, i) => drawPath(`${path(run)}${path([...runs('low')[i]].reverse()).replace('M', 'L')}z`, { class: 'ar' }));
  const last = known.at(-1);
  const end = [a.x(at(list.lastIndexOf(last))), last.point == null ? null : a.y(scale(last.point))];
  const words = last.point == null ? `${format(last.low)} to ${format(last.high)}` : `${format(last.point)} (${format(last.low)} to ${format(last.high)})`;
  const above = a.y(scale(last.high)) - 10;
  const picture = svg(width, H, `${label} At the end ${words}. The table has the same numbers.`, '',
    a.drawn, shades, ['high', 'low'].map((key) => runs(key).map((run) => drawPath(path(run), { class: 'ln edge' }))),
    runs('point').map((run) => drawPath(path(run), { class: 'ln' })),
    n === 1 && s('line', { class: 'ln', x1: end[0], x2: end[0], y1: a.y(scale(last.low)), y2: a.y(scale(last.high)) }),
    end[1] != null && s('circle', { class: 'pt', r: 4.5, cx: end[0], cy: end[1] }),
    text(end[0] - 2, above < 24 ? a.y(scale(last.low)) + 20 : above, words, { 'text-anchor': n === 1 ? 'middle' : 'end', class: 'tx b halo' }));
  follow(picture, width, a, box, (share) => {
    const i = times.reduce((best, _, k) => (Math.abs(at(k) - share) < Math.abs(at(best) - share) ? k : best), 0);
    const item = list[i];
    return { at: at(i), lines: [item.label, `${format(item.point)} (${format(item.low)} to ${format(item.high)})`] };
  });
  return picture;
}

/** When a period begins, in years: "2024", "2024-Q3", "2024-07". */
export function moment(period) {
  const [year, part] = period.split('-');
  if (!part) return Number(year);
  return Number(year) + (part[0] === 'Q' ? (Number(part.slice(1)) - 1) / 4 : (Number(part) - 1) / 12);
}

/** The first period of each year, as many as there is room for. */
function yearMarks(list, at, room) {
  const found = [];
  list.forEach((item, i) => {
    const year = item.label.slice(0, 4);
    const isFirst = i === 0 || list[i - 1].label.slice(0, 4) !== year;
    if (isFirst && (!found.length || (at(i) - found.at(-1)[0]) * room > 52)) found.push([at(i), year]);
  });
  return found;
}

/** Before and after with their intervals, one row each, on a scale from 0 to 1. */
export function dumbbells(width, rows, label) {
  const left = Math.min(170, width * 0.34);
  const [rowHeight, right] = [46, 64];
  const H = rows.length * rowHeight + 26;
  const x = (v) => left + (width - left - right) * v;
  const bar = (item, y, ink) => [
    s('line', { x1: x(item.low), x2: x(item.high), y1: y, y2: y, stroke: ink, 'stroke-width': 7, opacity: 0.25, 'stroke-linecap': 'round' }),
  ];
  const row = ({ name, before, after }, i) => {
    const y = 22 + i * rowHeight;
    const both = before.point != null && after.point != null;
    const gain = both ? after.point - before.point : 0;
    const dot = (item, at, later) => item.point != null && s('circle', {
      cx: x(item.point), cy: at, r: later ? 5 : 4.5, fill: later ? 'var(--accent)' : 'var(--card)', stroke: 'var(--accent)', 'stroke-width': 2,
    });
    return [text(left - 12, y + 5, name, { 'text-anchor': 'end', class: 'tx' }),
      bar(before, y - 6, 'var(--ink-3)'), bar(after, y + 8, 'var(--accent)'),
      dot(before, y - 6, false), dot(after, y + 8, true),
      text(width - 2, y + 5, both ? signed(gain) : 'unknown', { 'text-anchor': 'end', class: 'tx b' })];
  };
  return svg(width, H, label, '', QUARTERS.map((v) => [
    s('line', { class: 'axis', x1: x(v), x2: x(v), y1: 6, y2: H - 22 }),
    text(x(v), H - 6, v, { 'text-anchor': 'middle' })]), rows.map(row));
}
export const signed = (value, digits = 3) =>
  (value < 0 ? '\u2212' : value > 0 ? '+' : '\u00b1') + Math.abs(value).toFixed(digits);

/** Before and after as shares, one row each: hollow, then filled. A row is `{name, before, after}`. */
export function moves(width, rows, label) {
  const left = Math.min(170, width * 0.34);
  const [rowHeight, right] = [29, 72];
  const H = rows.length * rowHeight + 30;
  const marks = ticks(Math.max(...rows.map((row) => Math.max(row.before, row.after))));
  const x = (v) => left + ((width - left - right) * v) / marks.at(-1);
  const row = ({ name, before, after }, i) => {
    const y = 18 + i * rowHeight;
    const ink = after < before ? 'var(--warn)' : 'var(--accent)';
    const dot = (v, fill) => s('circle', { cx: x(v), cy: y, r: 4.5, fill, stroke: ink, 'stroke-width': 2 });
    return [text(left - 12, y + 4, fit(name, left - 14, '500 12px Inter, system-ui, sans-serif'), { 'text-anchor': 'end', class: 'tx' }),
      s('line', { x1: x(before), x2: x(after), y1: y, y2: y, stroke: ink, 'stroke-width': 3 }),
      dot(before, 'var(--card)'), dot(after, ink),
      text(width - 2, y + 4, points(after - before), { 'text-anchor': 'end', class: 'tx b' })];
  };
  return svg(width, H, label, '', marks.map((v) => [
    s('line', { class: 'axis', x1: x(v), x2: x(v), y1: 4, y2: H - 24 }),
    text(x(v), H - 6, `${+(100 * v).toFixed(1)}\u00a0%`, { 'text-anchor': 'middle' })]), rows.map(row));
}
/** A difference of shares: "+0.8 pp". */
export const points = (difference) =>
  `${Math.abs(difference) < 5e-4 ? '\u00b10.0' : signed(100 * difference, 1)}\u00a0pp`;

/** Horizontal bars; a row is `{name, value, share, words, fill}` with `share` in 0..1. */
export function bars(width, rows, label) {
  const id = uid('h');
  // On phones a name stands above its bar: beside it there would be no room for its end.
  const narrow = width < 480;
  const left = narrow ? 0 : Math.min(230, width * 0.36);
  const right = narrow ? 130 : Math.min(330, width * 0.42);
  const pitch = narrow ? 44 : 28;
  const H = rows.length * pitch + 4;
  const most = Math.max(...rows.map((row) => row.share ?? 0), 1e-9);
  return svg(width, H, label, '', s('defs', {}, hatch(id)), rows.map((row, i) => {
    const y = i * pitch + (narrow ? 16 : 0);
    const own = row.share ? Math.max(2, (row.share / most) * (width - left - right)) : 0;
    return [narrow ? text(0, y - 2, fit(row.name, width, '500 12px Inter, system-ui, sans-serif'), { class: 'tx' })
      : text(left - 10, y + 18, fit(row.name, left - 14, '500 12px Inter, system-ui, sans-serif'), { 'text-anchor': 'end', class: 'tx' }),
      rect(left, y + 4, own, 18, { rx: 2, fill: row.fill === 'hatch' ? `url(#${id})` : row.fill ?? 'var(--accent)' }),
      text(left + own + 8, y + 18, row.words)];
  }));
}

export const verdictWords = (counts) =>
  Object.entries(counts).map(([name, n]) => `${VERDICT[name] ?? name} ${int(n)}`).join(', ');
