// The start page: search, three questions, today's figures. Every number and every little
// picture comes from the snapshot; what has not been answered yet is simply not drawn.
import { stats } from './shell.js';
import { $, day, fill, h, int, pct, s, short } from './dom.js';
import { glyph, relationClass, verdictClass } from './marks.js';
import { get, nodePage, page } from './api.js';
import { searchForm } from './search.js';
import { failed } from './states.js';
import { hatch } from './figure.js';
import { logTicks, parts } from './charts.js';
import { squarify } from './treemap.js';
import { toTree } from './lineage.js';

const EVENTS = ['frozen', 'gated', 'deleted', 'relicensed'];
const TRIED = ['runwayml/stable-diffusion-v1-5', 'datasets/EleutherAI/pile', 'developer:meta', 'family:llama'];
const SAFE = new Set(['unaffected', 'unknown']);

// Miniatures: small, true pictures of what the page behind the card shows -------------------

const mini = (box, ...children) => s('svg', { viewBox: box, 'aria-hidden': 'true' }, children);
const curve = (x1, y1, x2, y2) => `M${x1} ${y1}C${(x1 + x2) / 2} ${y1} ${(x1 + x2) / 2} ${y2} ${x2} ${y2}`;

function lineageMini(picture) {
  const { focus } = toTree(picture);
  const shown = [];
  const column = (items, x, width, from, room) => {
    const rows = items.filter((item) => item.node).slice(0, room);
    const step = 126 / Math.max(rows.length, 1);
    return rows.map((item, i) => {
      const y = Math.min(step, 18) * (i - (rows.length - 1) / 2) + 57;
      const side = item.side < 0 ? [x + width, from.x] : [from.x + from.width, x];
      const edge = item.side < 0 ? curve(side[0], y + 6, side[1], 63) : curve(side[0], from.y, side[1], y + 6);
      const dash = item.node.disputed || item.node.inferred;
      shown.push(s('path', { class: `${relationClass(item.node.relation)} mini-edge${dash ? ' dash' : ''}`, d: edge }),
        s('rect', { class: `${relationClass(item.node.relation)} mini-node${item.node.phantom ? ' dash' : ''}`, x, y, width, height: 12, rx: 3 }));
      return { item, at: { x, width, y: y + 6 } };
    });
  };
  const centre = { x: 140, width: 68, y: 63 };
  column(focus.up, 24, 68, centre, 6);
  const first = column(focus.down, 254, 66, centre, 7);
  for (const { item, at } of first.slice(0, 7)) {
    const kid = item.kids.find((child) => child.node);
    if (kid) {
      shown.push(s('path', { class: `${relationClass(kid.node.relation)} mini-edge`, d: curve(320, at.y, 350, at.y) }),
        s('rect', { class: `${relationClass(kid.node.relation)} mini-node`, x: 350, y: at.y - 6, width: 34, height: 12, rx: 3 }));
    }
  }
  return mini('20 0 368 126', shown, s('rect', { x: 140, y: 54, width: 68, height: 18, rx: 4, fill: 'var(--accent)' }));
}

function breaksMini(answer) {
  const most = Math.max(1, ...EVENTS.map((name) => touched(answer.events[name])));
  return mini('0 0 366 126', EVENTS.map((name, row) => {
    let x = 92;
    return [s('text', { x: 84, y: 21 + row * 31, 'text-anchor': 'end' }, name),
      Object.entries(answer.events[name].counts).filter(([key, n]) => n > 0 && !SAFE.has(key)).map(([key, n]) => {
        const width = (n / most) * 270;
        const bar = s('rect', { class: `vfill ${verdictClass(key)}`, x, y: 6 + row * 31, width: Math.max(1, width - 1.5), height: 21, rx: 2 });
        x += width;
        return bar;
      })];
  }));
}
const touched = (outcome) => Object.entries(outcome.counts).reduce((sum, [key, n]) => sum + (SAFE.has(key) ? 0 : n), 0);

function concentrationMini(answer, coverage) {
  const shares = answer.pretrainers.map((item) => item.share).filter((share) => share > 0);
  const named = shares.reduce((sum, share) => sum + share, 0);
  const land = 366 * (1 - (coverage ?? 0)) + 4;
  const rest = (366 - land) * Math.max(0, 1 - named);
  const items = shares.map((v, i) => ({ v, rank: i < 3 ? 1 : i < 8 ? 2 : 3 }));
  const cells = squarify(items, land, 0, 366 - land - rest, 126);
  const cell = (rank, x, y, width, height) => s('rect', {
    class: 'r' + rank, x, y, width: Math.max(0, width - 2), height: Math.max(0, height - 2), rx: 2,
  });
  return mini('0 0 366 126', s('defs', {}, hatch('mini-land')),
    s('rect', { x: 0, y: 0, width: land - 4, height: 124, rx: 2, fill: 'url(#mini-land)' }),
    s('g', { class: 'tm' }, cells.map((item) => cell(item.rank, item.x, item.y, item.w, item.h)),
      cell(3, 366 - rest, 0, rest, 126)));
}

// Three questions -----------------------------------------------------------------------

function question({ title, says, go, href, drawn }) {
  const box = h('span', { class: 'pic' });
  drawn.then((picture) => picture && box.append(picture), () => {});
  return h('a', { class: 'q', href }, box, h('h3', {}, title), h('p', {}, says),
    h('span', { class: 'go' }, go, ' ', glyph('arrow')));
}

/** Those of some well-known ids that this snapshot has. */
async function present(ids) {
  const found = await Promise.all(ids.map(async (id) => {
    const { suggestions } = await get('suggest', { q: id, limit: 1 });
    return suggestions.find((item) => item.match === 'exact' && item.id.toLowerCase() === id.toLowerCase())?.id;
  }));
  return found.filter(Boolean);
}

async function questions(found, figures) {
  const target = found.includes('family:llama') ? 'family:llama' : figures.largest;
  const who = target === 'family:llama' ? 'Meta closes Llama' : `${short(figures.largest_name ?? 'the largest', 40)} closes`;
  const model = found.find((id) => !/^(family|developer):/.test(id))
    ?? (await get('icicle', { target })).root.children.find((block) => block.id)?.id;
  fill($('#questions'),
    question({
      title: 'Where does this model come from?',
      says: 'Ancestors to the left, descendants to the right, and the claims behind each link.',
      go: 'See a lineage', href: model ? nodePage(model) : page('start'),
      drawn: model ? get('picture', { id: model, rows: 8, generations: 4 }).then(lineageMini) : Promise.resolve(null),
    }),
    question({
      title: `What breaks if ${who}?`,
      says: 'Frozen, gated, deleted or relicensed: four events, one verdict for each artefact, each with its proof.',
      go: 'Run the scenario', href: page('what-breaks', { target }),
      drawn: target ? get('what-breaks', { target, limit: 1 }).then(breaksMini) : Promise.resolve(null),
    }),
    question({
      title: 'How few does everything rest on?',
      says: 'Shares, closure curves and effective numbers, each with the interval that undeclared lineage leaves open.',
      go: 'See the concentration', href: page('concentration'),
      drawn: get('concentration', { limit: 12 }).then((answer) => concentrationMini(answer, figures.coverage)),
    }));
}

// Figures -------------------------------------------------------------------------------

/** A range with its point on a log scale: the point covers declared lineage only. */
function interval(width, { low, point, high }, label) {
  const ticks = logTicks(Math.max(1, low), Math.max(high, low * 1.01, 2));
  const [first, last] = [ticks[0], ticks.at(-1)];
  const x = (value) => 6 + ((width - 12) * Math.log(Math.max(value, first) / first)) / Math.log(last / first);
  const end = (value) => s('line', { stroke: 'var(--accent)', 'stroke-width': 1.5, x1: x(value), x2: x(value), y1: 6, y2: 18 });
  const step = Math.ceil(ticks.length / Math.max(2, Math.floor(width / 56)));
  return s('svg', { viewBox: `0 0 ${width} 38`, width, height: 38, role: 'img', 'aria-label': label },
    s('line', { stroke: 'var(--line-2)', x1: 6, x2: width - 6, y1: 12, y2: 12 }),
    s('rect', { x: x(low), y: 7, width: Math.max(1, x(high) - x(low)), height: 10, rx: 5, fill: 'var(--accent)', opacity: 0.22 }),
    end(low), end(high),
    point != null && s('circle', { class: 'pt', cx: x(point), cy: 12, r: 5.5, stroke: 'var(--card)', 'stroke-width': 2 }),
    ticks.map((value, i) => (i % step && i !== ticks.length - 1 ? null : s('text', {
      x: x(value), y: 34, 'text-anchor': i === 0 ? 'start' : i === ticks.length - 1 ? 'end' : 'middle',
    }, int(value)))));
}

/** A picture that is drawn again at the width it has. */
function live(draw) {
  const box = h('span', { class: 'livepic' });
  let width = 0;
  new ResizeObserver(() => {
    if (!box.clientWidth || Math.abs(box.clientWidth - width) < 2) return;
    width = box.clientWidth;
    box.replaceChildren(draw(width));
  }).observe(box);
  return box;
}

const figure = (name, value, small, picture, note) => h('div', { class: 'stat' },
  h('span', { class: 'l' }, name), h('span', { class: 'v' }, value, small && h('small', {}, ' ', small)),
  picture, h('span', { class: 'n' }, note));
const one = (value) => (value == null ? 'unknown' : value.toFixed(1));

function figures(found) {
  const { effective_number: effective, cr4, coverage } = found;
  const undeclared = coverage == null ? null : 1 - coverage;
  return [
    figure('Effective number of pretrainers', one(effective?.point), effective && `between ${one(effective.low)} and ${one(effective.high)}`,
      effective && live((width) => interval(width, effective, `From ${one(effective.low)} to ${one(effective.high)}, ${one(effective.point)} on declared lineage, on a log scale`)),
      `As if so many equal pretrainers shared the field; ${int(found.n_pretrainers)} are named. The point covers declared lineage only.`),
    figure('Share of the four largest', pct(cr4?.point), cr4 && `between ${pct(cr4.low)} and ${pct(cr4.high)}`,
      cr4?.point != null && live((width) => parts(width, [[cr4.point, 'var(--accent)'], [1 - cr4.point, 'var(--line)']], `${pct(cr4.point)} on the four largest`)),
      found.largest ? h('span', {}, 'The largest is ', h('a', { href: nodePage(found.largest) }, short(found.largest_name ?? found.largest, 60)), '.') : 'Nobody is known to stand behind the models.'),
    figure('Models with undeclared lineage', pct(undeclared), null,
      undeclared != null && live((width) => parts(width, [[undeclared, 'hatch'], [coverage, 'var(--line)']], `${pct(undeclared)} undeclared`)),
      `${int(found.root_statuses.undeclared ?? 0)} of ${int(found.n_models)} models name nothing that they stand on; the point figures leave them out.`),
    figure('Snapshot', h('span', { class: 'nowrap' }, day(found.created)), null, null,
      `${int(found.n_artefacts)} artefacts, from ${found.sources.length} ${found.sources.length === 1 ? 'source' : 'sources'}: ${found.sources.map((item) => short(item, 40)).join(', ')}. Of ${pct(found.known_origin)} it is known what they stand on.`),
  ];
}

// Page ----------------------------------------------------------------------------------

$('#find').append(searchForm({ big: true }));
try {
  const found = await stats;
  fill($('#basis'), 'Over all models, each of weight 1, split equally among its parents. ',
    h('a', { href: page('concentration') }, 'How they are made'));
  fill($('#stats'), figures(found));
  const ids = await present(TRIED);
  const tried = ids.filter((id) => id !== 'family:llama');
  const box = $('#tries');
  box.hidden = !tried.length;
  fill(box, 'Try ', tried.map((id, i) => [i > 0 && h('span', { 'aria-hidden': 'true' }, '\u00b7'), h('a', { href: nodePage(id) }, id)]));
  await questions(ids, found);
} catch (error) {
  if (!error.title) throw error;
  fill($('#questions'), h('section', { class: 'card c12' }, failed(error, () => location.reload())));
}
