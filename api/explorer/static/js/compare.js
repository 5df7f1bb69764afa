// What changed between two snapshots, and what it did to the concentration.
import './shell.js';
import { $, count, day, fill, h, int, pct, short, table } from './dom.js';
import { figure } from './figure.js';
import { glyph, relation } from './marks.js';
import { address, get, nodePage, page } from './api.js';
import { during, empty } from './states.js';
import { dumbbells, moves, points, signed } from './charts.js';
import { asked, contents, latest, numbers, remember, select } from './report.js';

/** Rows of each kind: in the list of all, in that of one. `Show more` doubles them. */
const ROWS = { all: 8, one: 25 };
const MOST_ROWS = 1000;
const SHARES_DRAWN = 8;
/** Kind of change: its words, what it means, how its badge looks. */
const KINDS = {
  deleted: ['Deleted', 'It was there and is gone: somebody looked.', 'bad'],
  not_seen: ['Not seen', 'Not in the newer snapshot and nobody looked: whether it exists is unknown.', ''],
  replaced: ['Replaced', 'The id stands for another artefact now.', 'bad'],
  state: ['State', 'Another state: gated, disabled, seen for the first time, back again.', 'warn'],
  access: ['Access', 'Another access by the curated record.', 'warn'],
  licence: ['Licence', 'Another licence.', 'warn'],
  developer: ['Developer', 'Another developer behind it.', ''],
  parent: ['Parent', 'It stands on another parent than before.', ''],
  relation: ['Relation', 'The same two artefacts, another relation.', ''],
  edge_went: ['Edges that went', 'An edge that is no longer there.', 'warn'],
  edge_came: ['Edges that came', 'A new edge.', 'good'],
  renamed: ['Renamed', 'The same artefact under another id.', ''],
  unnamed: ['No longer named', 'Was only named as a parent, and no longer is.', ''],
  came: ['Came', 'An artefact that the older snapshot does not have.', 'good'],
};
const BOUNDED = { hhi: 'HHI', cr1: 'Largest', cr4: '4 largest', cr10: '10 largest', gini: 'Gini' };
const OTHERS = { effective_number: ['Effective number', 1], entropy: ['Entropy, nats', 2], exp_entropy: ['exp(entropy)', 1] };

let state = read();
let snapshots = [];
let answer = null;
let rows = firstRows();
const begin = latest();

function read() {
  const query = asked();
  const only = query.only?.[0];
  return { old: query.old?.[0] ?? null, new: query.new?.[0] ?? null, only: Object.hasOwn(KINDS, only) ? only : null };
}

function firstRows() {
  return state.only ? ROWS.one : ROWS.all;
}

function change(part) {
  state = { ...state, ...part };
  rows = firstRows();
  remember(state);
  show();
}

/** Day and minute; seconds too where two snapshots are of one minute. */
const name = (item) => {
  const to = (end) => String(item.created).slice(0, end).replace('T', ' ');
  return to(snapshots.some((other) => other.id !== item.id && String(other.created).startsWith(String(item.created).slice(0, 16))) ? 19 : 16);
};

function drawChoices() {
  const option = (item, chosen) => h('option', { value: item.id, selected: item.id === chosen }, name(item) + (item.current ? ', current' : ''));
  for (const which of ['old', 'new']) {
    const box = $('#' + which);
    fill(box, snapshots.map((item) => option(item, state[which])));
    box.disabled = false;
    box.onchange = () => change({ [which]: box.value });
  }
}

const interval = (value, digits) => (value.point == null ? 'unknown' : `${value.point.toFixed(digits)} (${value.low.toFixed(digits)} to ${value.high.toFixed(digits)})`);
const overlaps = (a, b) => a.low <= b.high && b.low <= a.high;

function drawLede() {
  const { counts } = answer;
  const went = counts.deleted;
  const effective = answer.figures.find((item) => item.name === 'effective_number');
  const total = Object.values(counts).reduce((sum, n) => sum + n, 0);
  if (!total) {
    fill($('#lede'), 'Nothing changed between them: the same artefacts, edges, states and licences.');
    return;
  }
  const { before, after } = effective ?? {};
  const both = effective && before.point != null && after.point != null;
  const moved = both ? after.point - before.point : 0;
  const verb = Math.abs(moved) < 0.05 ? 'stayed at' : moved < 0 ? 'fell from' : 'rose from';
  fill($('#lede'), `${count(counts.came, 'artefact')} came, ${int(went)} ${went === 1 ? 'was' : 'were'} deleted`,
    counts.not_seen > 0 && `, and ${int(counts.not_seen)} ${counts.not_seen === 1 ? 'was' : 'were'} not looked for again`, '. ',
    both && [`The effective number of pretrainers ${verb} `, h('b', {}, before.point.toFixed(1)),
      verb === 'stayed at' ? '' : [' to ', h('b', {}, after.point.toFixed(1))],
      overlaps(before, after) ? '; the intervals overlap, so undeclared lineage alone may be behind it.' : '; the intervals do not overlap.']);
}

function drawNumbers() {
  const { counts, old, new: later } = answer;
  const effective = answer.figures.find((item) => item.name === 'effective_number');
  const list = [
    ['Artefacts', int(later.artefacts), `${int(old.artefacts)} before; ${int(counts.came)} came`],
    ['Deleted', int(counts.deleted), `${int(counts.not_seen)} more not looked for: unknown`],
    ['Edges', int(later.edges), `${int(old.edges)} before; ${int(counts.edge_came)} came, ${int(counts.edge_went)} went`],
  ];
  if (effective) {
    const { before, after } = effective;
    const both = before.point != null && after.point != null;
    list.push(['Effective number', both ? signed(after.point - before.point, 1) : 'unknown', `${interval(before, 1)}, then ${interval(after, 1)}`]);
  }
  numbers($('#nums'), list);
}

function drawFigures() {
  const section = $('#f-figures');
  section.hidden = !answer.figures.length;
  if (!answer.figures.length) return;
  const digits = (key) => OTHERS[key]?.[1] ?? 3;
  const title = (key) => BOUNDED[key] ?? OTHERS[key]?.[0] ?? key;
  const bounded = answer.figures.filter((item) => Object.hasOwn(BOUNDED, item.name) && item.before.low != null && item.after.low != null)
    .map((item) => ({ ...item, name: BOUNDED[item.name] }));
  figure(section, {
    draw: (width) => dumbbells(width, bounded, 'Figures of concentration in both snapshots with their intervals. The table has the same numbers.'),
    columns: [{ t: 'Figure' }, { t: name(answer.old), num: 1, l: 'before' }, { t: name(answer.new), num: 1, l: 'after' }, { t: 'Change', num: 1, l: 'change' }],
    rows: answer.figures.map(({ name: key, before, after }) => [title(key), interval(before, digits(key)), interval(after, digits(key)),
      before.point == null || after.point == null ? 'unknown' : signed(after.point - before.point, digits(key))]),
    source: `Fractional attribution over models, by developer; points are of declared lineage alone. Snapshots of ${name(answer.old)} and ${name(answer.new)}.`,
  });
}

/** Whose share moved: developers with the largest share in either snapshot. */
function drawShares() {
  const section = $('#f-shares');
  section.hidden = !answer.shares.length;
  if (!answer.shares.length) return;
  const list = answer.shares.map((item) => ({ ...item, name: short(item.name, 60) }));
  const shown = list.slice(0, SHARES_DRAWN);
  figure(section, {
    draw: (width) => moves(width, shown, 'Shares of developers in both snapshots. The table has the same numbers.'),
    columns: [{ t: 'Developer' }, { t: name(answer.old), num: 1, l: 'before' }, { t: name(answer.new), num: 1, l: 'after' }, { t: 'Change', num: 1, l: 'change' }],
    rows: list.map((item) => [h('a', { href: nodePage(item.id) }, item.name), pct(item.before, 2), pct(item.after, 2), points(item.after - item.before)]),
    source: `Shares of the models with declared lineage, fractional attribution. The picture has the ${int(shown.length)} largest, the table ${int(list.length)}.`,
  });
}

function drawKinds() {
  const { counts } = answer;
  const total = Object.values(counts).reduce((sum, n) => sum + n, 0);
  const link = (only) => page('compare', { old: state.old, new: state.new, only });
  const pick = (only) => (event) => {
    event.preventDefault();
    change({ only });
  };
  contents($('#toc'), [
    { text: 'All changes', n: total, href: link(null), pick: pick(null), current: !state.only },
    ...Object.entries(counts).filter(([kind, n]) => n > 0 || kind === state.only).map(([kind, n]) =>
      ({ text: KINDS[kind]?.[0] ?? kind, n, href: link(kind), pick: pick(kind), current: state.only === kind })),
  ]);
  fill($('#pick'), select('kind', 'Kind of change', [['', `All changes (${int(total)})`],
    ...Object.entries(counts).filter(([, n]) => n > 0).map(([kind, n]) => [kind, `${KINDS[kind]?.[0] ?? kind} (${int(n)})`])],
  state.only ?? '', (value) => change({ only: value || null })));
  $('#kind-text').textContent = state.only ? KINDS[state.only][1] : 'The gravest kinds first; within one, the most used artefact first.';
  const download = (format) => h('a', {
    class: 'btn sm', download: `diff.${format}`, href: address('diff', { old: state.old, new: state.new, only: state.only, ...(format === 'json' ? { limit: 1000 } : { format }) }),
  }, format.toUpperCase());
  fill($('#downloads'), ['csv', 'ndjson', 'json'].map(download));
}

const OF_EDGES = new Set(['edge_came', 'edge_went', 'relation']);
const value = (words, change) => (words == null ? h('span', { class: 'mut' }, '\u2013')
  : OF_EDGES.has(change) ? relation(words) : short(words, 200));
const changeRow = (item) => [
  [h('a', { href: nodePage(item.id) }, short(item.id, 200)),
    item.parent && h('span', { class: 'to' }, ' ', glyph('arrow', 'ic'), ' ', h('span', { class: 'vh' }, 'parent '), short(item.parent, 200))],
  h('span', { class: 'badge ' + (KINDS[item.change]?.[2] ?? '') }, item.change.replace('_', ' ')),
  value(item.before, item.change), value(item.after, item.change), int(item.downloads),
];
const changeTable = (list) => table([
  { t: 'Artefact' }, { t: 'Change' }, { t: 'Before', l: 'before' }, { t: 'After', l: 'after' }, { t: 'Downloads, 30 d', num: 1, l: 'downloads' },
], list.map(changeRow), { cls: 'stk' });

function drawMore() {
  const shown = answer.changes.length;
  const total = state.only ? answer.counts[state.only] : Object.values(answer.counts).reduce((sum, n) => sum + n, 0);
  const showMore = async () => {
    rows = Math.min(MOST_ROWS, rows * 4);
    await show();
    $('#changes tbody')?.children[shown]?.querySelector('a')?.focus({ preventScroll: true });
  };
  fill($('#more'), shown < total && h('span', {}, `${int(shown)} of ${int(total)} shown.`),
    shown < total && (rows < MOST_ROWS
      ? h('button', { type: 'button', class: 'btn sm', on: { click: showMore } }, 'Show more')
      : h('span', {}, 'The command line lists all: headwater diff.')));
}

function drawChanges() {
  fill($('#changes'), answer.changes.length ? changeTable(answer.changes)
    : empty('No change of this kind', h('p', {}, 'Both snapshots say the same here.')));
  drawMore();
}

async function show() {
  const signal = begin();
  const box = $('#state');
  drawChoices();
  const found = await during(box, 'Comparing the snapshots\u2026',
    () => get('diff', { old: state.old, new: state.new, only: state.only, limit: rows }, { signal }), { typed: `${state.old} or ${state.new}` });
  if (signal.aborted) return;
  $('#answer').hidden = !found;
  if (!found) {
    fill($('#lede'));
    return;
  }
  fill(box);
  answer = found;
  drawLede();
  drawNumbers();
  drawFigures();
  drawShares();
  drawKinds();
  drawChanges();
  $('#cmd').textContent = `headwater watch my-models.txt --since ${state.old}`;
}

function onlyOne() {
  fill($('.madlib'), h('h1', {}, 'What changed between two snapshots?'));
  fill($('#lede'), snapshots.length ? 'There is only one snapshot so far.' : 'There is no snapshot yet.');
  fill($('#state'), empty('Nothing to compare yet',
    h('p', {}, `${snapshots.length ? `The snapshot of ${name(snapshots[0])} is the only one here. ` : ''}Each build makes a new one; crawl again, build, and come back:`),
    h('code', { class: 'cmd' }, 'headwater crawl && headwater build')));
}

async function start() {
  const found = await during($('#state'), 'Reading the list of snapshots\u2026', () => get('snapshots'));
  if (!found) return;
  snapshots = found.snapshots ?? [];
  if (snapshots.length < 2) {
    onlyOne();
    return;
  }
  state.new ??= snapshots.at(-1).id;
  state.old ??= snapshots.at(-2).id === state.new ? snapshots.at(-1).id : snapshots.at(-2).id;
  remember(state, { replace: true });
  show();
}

addEventListener('popstate', () => {
  state = { ...state, ...read() };
  rows = firstRows();
  show();
});
start();
