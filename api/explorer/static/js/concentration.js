// How concentrated is the upstream? Each point with its interval, each figure with its coverage.
import { stats } from './shell.js';
import { $, count, day, fill, h, int, pct, short } from './dom.js';
import { figure } from './figure.js';
import { get, nodePage } from './api.js';
import { during, empty } from './states.js';
import { band, closureCurve, lorenzCurve } from './charts.js';
import { drawFilters, FIELDS, filterWords, SELECTING } from './concentration-filters.js';
import { asked, latest, remember } from './report.js';
import { shareBars, treemap, treeRows } from './treemap.js';

const LISTED = 24;
const MOST_PERIODS = 1000;
const NARROW = 560;
const MANY = { developer: 'pretrainers', namespace: 'namespaces', root: 'root models', dataset: 'datasets' };
const ONE = { developer: 'pretrainer', namespace: 'namespace', root: 'root model', dataset: 'dataset' };
const WHOLE = { models: 'models', downloads: 'downloads', likes: 'likes', parameters: 'parameters' };

let state = read();
const begin = latest();

function read() {
  const query = asked();
  const found = {};
  for (const [name, field] of Object.entries(FIELDS)) {
    const value = query[name]?.[0] ?? '';
    found[name] = !field.options || field.options.some(([key]) => key === value) ? value || field.otherwise : field.otherwise;
  }
  return found;
}

function change(part) {
  state = { ...state, ...part };
  remember(Object.fromEntries(Object.entries(state).filter(([name, value]) => value !== FIELDS[name].otherwise)));
  show();
}

/** What the server is asked: only what is not the default. */
function question() {
  const set = Object.entries(state).filter(([name, value]) => value !== FIELDS[name].otherwise);
  const asks = set.filter(([name]) => ['by', 'weight', 'attribution', 'as_of'].includes(name));
  const where = set.filter(([name]) => SELECTING.includes(name)).map(([name, value]) => `${name}=${value}`);
  return { ...Object.fromEntries(asks), where };
}

const number = (value, digits) => (value == null ? 'unknown' : value.toFixed(digits));
const whole = (answer) => WHOLE[answer.weight] ?? 'weight';
const many = (answer) => MANY[answer.by];
const amount = (answer) => (value) => (answer.weight === 'models' ? (Math.round(value * 10) / 10).toLocaleString('en') : int(value));

/** The figure in a sentence, with what nobody has declared in the next one. */
function say(answer) {
  const { half } = answer.closure;
  const effective = answer.effective_number;
  const of = `${answer.weight === 'models' ? 'models' : whole(answer)} with declared lineage`;
  if (effective.point == null) {
    fill($('#say'), 'Of these models nobody has declared what they stand on.');
    fill($('#say2'), `Coverage 0 of ${count(answer.n_models, 'model')}: there is no share to speak of.`);
    return;
  }
  const halfWords = half.point == null
    ? ['Even all ', h('b', {}, int(answer.n_pretrainers)), ` ${many(answer)} together touch less than half of the ${of}`]
    : [`Half of the ${of} ${answer.weight === 'models' ? 'rest' : 'rests'} on `, h('b', {}, `${int(half.point)} ${half.point === 1 ? ONE[answer.by] : many(answer)}`)];
  fill($('#say'), halfWords, ', and it is as if only ', h('b', {}, number(effective.point, 1)),
    effective.point === 1 ? ' shared the field.' : ' equal ones shared the field.');
  const undeclared = 1 - (answer.coverage ?? 0);
  fill($('#say2'), undeclared > 0
    ? `For ${pct(undeclared)} of the ${whole(answer)} nobody has said what they stand on. Depending on what that is, the figure lies between ${number(effective.low, 1)} and ${number(effective.high, 1)}: if each of them stood on its own, or all of them on the largest. The ${number(effective.point, 1)} is of declared lineage alone.`
    : `Of all ${whole(answer)} the lineage is declared, so the figure has no interval.`);
}

function facts(answer) {
  const range = (interval, digits, form = (v) => number(v, digits)) => `${form(interval.low)} to ${form(interval.high)}`;
  const share = (value) => pct(value);
  const list = [
    ['Effective number', number(answer.effective_number.point, 1), range(answer.effective_number, 1)],
    ['HHI', number(answer.hhi.point, 3), range(answer.hhi, 3)],
    ['Gini', number(answer.gini.point, 3), range(answer.gini, 3)],
    ['Largest', pct(answer.cr1.point), [range(answer.cr1, 0, share), answer.pretrainers.length > 0 && `; ${short(answer.pretrainers[0].name, 40)}`]],
    ['4 largest', pct(answer.cr4.point), range(answer.cr4, 0, share)],
    ['10 largest', pct(answer.cr10.point), range(answer.cr10, 0, share)],
    ['exp(entropy)', number(answer.exp_entropy.point, 1), `${range(answer.exp_entropy, 1)}; entropy ${number(answer.entropy.point, 2)} nats (${range(answer.entropy, 2)})`],
    ['Coverage', pct(answer.coverage), `${amount(answer)(answer.declared)} of ${amount(answer)(answer.total)} ${whole(answer)}`],
    ['Established roots', pct(answer.established), answer.established == null ? 'not asked of datasets' : `presumed ${pct(answer.presumed)}`],
  ];
  fill($('#figs'), list.map(([title, value, note]) =>
    h('div', {}, h('dt', {}, title), h('dd', {}, value), h('dd', {}, h('small', {}, note)))));
}

/** Models that were left out, by why; and what the other split says. */
function beside(answer) {
  const left = [
    [answer.n_unknown_where, 'because nobody has told a value that is filtered by'],
    [answer.n_no_figure, `because nobody has told their ${whole(answer)}`],
    [answer.n_undated, 'because nobody has told when they were released'],
  ].filter(([n]) => n > 0);
  const other = answer.fractional_roots;
  const notes = [
    left.length > 0 && h('p', { class: 'note unk' }, 'Left out, and not counted as anybody\u2019s: ',
      left.map(([n, why], i) => [i ? '; ' : '', h('b', {}, count(n, 'model')), ' ', why]), '.'),
    other?.notable && h('p', { class: 'note' }, `Split among distinct roots instead of parents, ${pct(other.moved)} of the weight goes to others: effective number ${number(other.effective_number.point, 1)} (${number(other.effective_number.low, 1)} to ${number(other.effective_number.high, 1)}), HHI ${number(other.hhi.point, 3)} (${number(other.hhi.low, 3)} to ${number(other.hhi.high, 3)}).`),
  ].filter(Boolean);
  fill($('#beside'), notes.length > 0 && h('div', { class: 'stack' }, notes));
}

const basis = (answer, created) => `Coverage ${pct(answer.coverage)} of ${int(answer.n_models)} models; ${answer.as_of ? `as of ${answer.as_of}, ` : ''}snapshot of ${day(created)}; attribution ${answer.attribution}${filterWords(state)}.`;
const isPartition = (answer) => answer.attribution.startsWith('fractional');

function drawTree(answer, roots, created) {
  const behind = new Map((roots ?? []).map((item) => [item.id, item]));
  const items = answer.pretrainers.map((item) => ({ ...item, roots: behind.get(item.id)?.roots ?? [], n_more: behind.get(item.id)?.n_more ?? 0 }));
  const rest = 1 - items.reduce((sum, item) => sum + item.share, 0);
  const shown = isPartition(answer) && answer.truncated > 0 && rest > 0
    ? [...items, { id: null, name: `${int(answer.truncated)} more`, share: rest, amount: rest * answer.declared, roots: [], n_more: 0 }]
    : items;
  const undeclared = answer.coverage == null ? 1 : 1 - answer.coverage;
  const model = { items: shown, undeclared, about: [`Not one of these ${whole(answer)} is`, 'counted as anybody\u2019s share.'] };
  const head = $('#f-tree .fig-head');
  $('h2', head).textContent = answer.by === 'dataset' ? 'Whose data is under the models' : 'Whose pretraining is under the models';
  $('p', head).textContent = isPartition(answer)
    ? `Area is a share of the ${whole(answer)} with declared lineage${roots?.length ? ', split into its roots' : ''}. The three largest are strongest. The hatched land is nobody\u2019s: its lineage is undeclared.`
    : answer.attribution === 'any'
      ? 'Everyone reached counts a model once, so these shares sum to more than 100 %.'
      : 'A model counts for who is behind every one of its roots, so these shares sum to less than 100 %.';
  const section = $('#f-tree');
  const drawn = figure(section, {
    draw: (width, box) => (isPartition(answer) ? treemap(width, model, box) : shareBars(width, model)),
    columns: [{ t: many(answer).replace(/^./, (c) => c.toUpperCase()) }, { t: 'Share of declared', num: 1, l: 'share' }, { t: `${whole(answer)}, attributed`.replace(/^./, (c) => c.toUpperCase()), num: 1, l: 'attributed' }, { t: 'Largest roots', l: 'roots' }],
    rows: [['Lineage undeclared', `${pct(undeclared)} of all`, amount(answer)(answer.total - answer.declared), '\u2013'], ...treeRows(shown, (item) => amount(answer)(item.amount))],
    source: basis(answer, created),
  });
  // Cells too small for a name say nothing; on a phone the table comes first.
  if (isPartition(answer) && section.clientWidth < NARROW) drawn.show(false);
}

function drawClosure(answer, created) {
  const { curve, half, half_at_least: least, guarantee } = answer.closure;
  const title = `${many(answer)} closed, the next by greedy choice`;
  $('#f-close .fig-head p').textContent = `Share of ${whole(answer)} touched when ${many(answer)} close.`;
  figure('#f-close', {
    draw: (width, box) => closureCurve(width, curve.slice(0, Math.max(20, half.point ?? 0)), half.point, title, box),
    columns: [{ t: 'Closed', num: 1 }, { t: 'The next' }, { t: 'Touched', num: 1, l: 'touched' }, { t: 'Interval', num: 1, l: 'interval' }],
    rows: curve.map((point) => [int(point.k), h('a', { href: nodePage(point.id) }, short(point.name, 80)), pct(point.share), `${pct(point.low)} to ${pct(point.high)}`]),
    source: `Greedy: no choice of as many touches more than ${(1 / guarantee).toFixed(2)} times as much (it is sure of 1 \u2212 1/e = ${pct(guarantee, 0)} of the best). ${half.point == null ? '' : `Half is touched by ${int(half.point)}${half.low === half.high ? '' : ` (${int(half.low)} to ${int(half.high)})`}, `}${least == null ? '' : `and by fewer than ${int(least)} in no way. `}${basis(answer, created)}`,
  });
}

function drawLorenz(answer, created) {
  const gini = `${number(answer.gini.point, 2)} (${number(answer.gini.low, 2)} to ${number(answer.gini.high, 2)})`;
  const points = answer.lorenz;
  $('#f-lor .fig-head p').textContent = `How unequal the shares of the ${int(answer.n_pretrainers)} ${many(answer)} are.`;
  figure('#f-lor', {
    draw: (width) => lorenzCurve(width, points, gini, `${many(answer)}, smallest first`),
    columns: [{ t: `Smallest ${many(answer)}`, num: 1 }, { t: 'have this share', num: 1 }],
    rows: points.map((point) => [pct(point.pretrainers), pct(point.share, 2)]),
    source: `Curve over declared lineage; the interval of the Gini is what undeclared lineage allows. ${basis(answer, created)}`,
  });
}

function drawTime(found, created) {
  const kind = state.flow;
  const words = kind === 'stock' ? 'Stock: all models up to the period.' : 'Flow: models released in the period.';
  const periods = found.periods;
  const source = `${words} ${found.n_undated ? `${count(found.n_undated, 'model')} without a date left out. ` : ''}Snapshot of ${day(created)}; attribution ${found.attribution}${filterWords(state)}. Coverage at the end ${pct(periods.at(-1)?.[kind].coverage)}.`;
  const one = (section, key, options) => {
    const list = periods.map((period) => ({ label: period.period, ...period[kind][key] }));
    figure(section, {
      draw: (width, box) => band(width, list, options, box),
      columns: [{ t: 'Period' }, { t: 'Lower', num: 1, l: 'lower' }, { t: 'Point', num: 1, l: 'point' }, { t: 'Upper', num: 1, l: 'upper' }, { t: 'Coverage', num: 1, l: 'coverage' }, { t: 'Models', num: 1, l: 'models' }],
      rows: list.map((item, i) => [item.label, options.format(item.low), options.format(item.point), options.format(item.high), pct(periods[i][kind].coverage), int(periods[i][kind].n_models)]).reverse(),
      source,
    });
  };
  one('#f-time', 'effective_number', {
    log: true, format: (v) => number(v, 1), label: `Effective number of ${MANY[found.by]} by ${found.length} with its interval, log scale.`,
  });
  one('#f-hhi', 'hhi', {
    format: (v) => number(v, 3), most: 1, label: `HHI by ${found.length} with its interval.`,
  });
}

function noTime(section, reason) {
  for (const old of section.querySelectorAll('.fig-tools, .fig-chart, .fig-table, .fig-src, .state')) old.remove();
  section.append(empty('No dated model', h('p', {}, reason)));
}

/** The figures by period; `none` says why there are none. */
async function overTime(signal) {
  try {
    return await get('concentration/over-time', { ...question(), length: state.length, limit: MOST_PERIODS }, { signal });
  } catch (error) {
    // What was selected is fine, or the figures above would not be there: nothing has a date.
    if (error.status === 422) return { none: `${error.message}.` };
    throw error;
  }
}

async function showTime(signal) {
  for (const section of ['#f-time', '#f-hhi']) for (const old of $(section).querySelectorAll('.state')) old.remove();
  const box = h('div', { class: 'fig-chart' });
  $('#f-time .fig-chart')?.replaceWith(box) ?? $('#f-time').append(box);
  const [found, { created }] = await Promise.all([
    during(box, 'Working out the figures of each period\u2026', () => overTime(signal)),
    stats.catch(() => ({})),
  ]);
  if (!found || signal.aborted) return;
  if (found.none) for (const section of ['#f-time', '#f-hhi']) noTime($(section), found.none);
  else drawTime(found, created);
}

async function showRoots(answer, signal, created) {
  const query = question();
  if (!isPartition(answer) || answer.attribution !== 'fractional' || !['developer', 'namespace'].includes(answer.by)) return;
  delete query.attribution;
  try {
    const found = await get('concentration/roots', query, { signal });
    if (!signal.aborted) drawTree(answer, found.pretrainers, created);
  } catch {
    // The map without its inner lines says what the figures say.
  }
}

async function show() {
  const signal = begin();
  const box = $('#state');
  drawFilters($('#filters'), state, change, change);
  const answer = await during(box, 'Adding up who stands behind each model\u2026',
    () => get('concentration', { ...question(), limit: LISTED, fields: '*' }, { signal }));
  if (signal.aborted) return;
  $('#answer').hidden = !answer;
  if (!answer) {
    for (const id of ['#say', '#say2', '#figs']) fill($(id));
    return;
  }
  const { created } = await stats.catch(() => ({}));
  fill(box);
  say(answer);
  facts(answer);
  beside(answer);
  drawTree(answer, [], created);
  if (answer.closure.curve.length) {
    drawClosure(answer, created);
    drawLorenz(answer, created);
  }
  for (const id of ['#f-close', '#f-lor']) $(id).hidden = !answer.closure.curve.length;
  await Promise.all([showRoots(answer, signal, created), showTime(signal)]);
}

addEventListener('popstate', () => {
  state = read();
  show();
});
show();
