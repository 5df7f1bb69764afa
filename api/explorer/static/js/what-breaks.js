// What breaks if some targets are frozen, gated, deleted or relicensed?
import { stats } from './shell.js';
import { $, count, day, fill, h, int, pct, short } from './dom.js';
import { figure } from './figure.js';
import { glyph, swatch, VERDICT } from './marks.js';
import { address, get, page } from './api.js';
import { during, empty } from './states.js';
import { parts, storeys, touched, verdictWords, waves } from './charts.js';
import { ICICLE_COLUMNS, icicle, icicleRows } from './icicle.js';
import { asked, latest, remember } from './report.js';
import { searchForm } from './search.js';
import { splitCards, worstTable } from './breaks-tables.js';
import { inventoryForm } from './inventory.js';
import { setOwn, showOwn } from './own.js';

const EVENTS = {
  frozen: ['Frozen', 'No further releases. Everything runs; upgrade paths end.'],
  gated: ['Gated', 'Access on approval only. Who has a copy keeps it; newcomers don\u2019t get in.'],
  deleted: ['Deleted', 'The repository or the download is gone, for everyone.'],
  relicensed: ['Relicensed', 'The licence is changed or revoked for what is built on it. Mirrors soften nothing.'],
};
const ROWS = 25;
const SPLITS = ['relation', 'task', 'licence', 'kind', 'developer', 'namespace'];
const MOST_TARGETS = 50;

let state = read();
let answer = null;
const begin = latest();
const beginTree = latest();

function read() {
  const query = asked();
  const event = query.event?.[0];
  return {
    target: [...new Set([...(query.target ?? []), ...(query.id ?? [])])].slice(0, MOST_TARGETS),
    event: Object.hasOwn(EVENTS, event) ? event : 'deleted',
    below: query.below?.[0] ?? null,
    as_of: query.as_of?.[0] ?? null,
  };
}

function change(part, options) {
  state = { ...state, ...part };
  remember(state, options);
  show();
}

// The question

function drawQuestion() {
  const resolved = new Map((answer?.resolved ?? []).map((item) => [item.text, item]));
  fill($('#targets'), state.target.map((text) => {
    const item = resolved.get(text);
    return h('li', { class: 'target' },
      h('span', { class: 'id', title: item ? `${item.id}, ${count(item.n_members, 'artefact')}` : null }, short(text, 80)),
      h('button', {
        type: 'button', 'aria-label': `Remove ${short(text, 80)}`,
        on: { click: () => change({ target: state.target.filter((other) => other !== text), below: null }) },
      }, glyph('close')));
  }), state.target.length === 0 && h('li', { class: 'target none' }, '\u2026'));
  $('#event').value = state.event;
  document.title = `What breaks if ${state.target.length ? short(state.target.join(' + '), 80) : '\u2026'} is ${state.event}? \u00b7 headwater`;
}

function drawAdd() {
  const form = searchForm({
    pick: (id) => {
      const input = $('#add input');
      input.value = '';
      input.blur();
      if (!state.target.includes(id)) change({ target: [...state.target, id], below: null });
      input.focus();
    },
  });
  form.className = 'addsearch';
  form.setAttribute('aria-label', 'Targets');
  const input = $('input', form);
  input.setAttribute('placeholder', 'Add a target: model, @namespace, developer:meta, licence:llama2 \u2026');
  input.setAttribute('aria-label', 'Add a target');
  $('kbd', form)?.remove();
  form.append(h('button', { type: 'submit', class: 'btn' }, 'Add'));
  fill($('#add'), form);
  inventoryForm($('#own-form'), (ids) => {
    setOwn(ids);
    if (answer) showOwn(state, outcome().counts);
  });
  fill($('#event'), Object.keys(EVENTS).map((name) => h('option', { value: name }, name)));
  $('#event').addEventListener('change', (event) => change({ event: event.target.value }));
}

// The answer

const outcome = () => answer.events[state.event];
const sum = (name) => Object.values(outcome().weights).reduce((total, weight) => total + weight[name], 0);

function drawFacts() {
  fill($('#facts'),
    h('span', {}, 'Target: ', h('b', {}, int(answer.members)), answer.members === 1 ? ' artefact' : ' artefacts', ', of which ',
      h('b', {}, int(answer.mirrored)), ' with a mirror elsewhere'),
    h('span', {}, 'Outside it: ', h('b', {}, int(answer.outside)), ' models, datasets and applications'),
    h('span', { id: 'dated' }, answer.as_of ? `as of ${answer.as_of}` : ''),
    h('a', { id: 'lineage', hidden: true }));
  stats.then(({ created }) => {
    $('#dated').textContent = answer.as_of ? `as of ${answer.as_of}, snapshot of ${day(created)}` : `snapshot of ${day(created)}`;
  }, () => {});
}

/** The lineage of the target, or of the largest block in it, with all victims struck out. */
function drawLineageLink(tree) {
  const isArtefact = tree.root.id && !/^(@|\w+:)/.test(tree.root.id);
  const focus = isArtefact ? tree.root.id : tree.root.children.find((block) => block.id)?.id;
  const link = $('#lineage');
  if (!link || !focus) return;
  const alone = state.target.length === 1 && focus === answer.resolved[0].id;
  link.setAttribute('href', page('artefact', { id: focus, event: state.event, target: alone ? null : state.target, as_of: state.as_of }));
  fill(link, alone
    ? 'see its victims greyed out in the lineage'
    : `see all victims greyed out in the lineage of ${short(focus, 60)}`).hidden = false;
}

function eventCard(name) {
  const [title, words] = EVENTS[name];
  const { counts } = answer.events[name];
  const hit = touched(counts);
  const picture = h('span', { class: 'livepic' });
  const card = h('button', {
    type: 'button', class: 'ev', 'data-event': name, 'aria-pressed': String(name === state.event),
    on: { click: () => change({ event: name }) },
  }, h('span', { class: 'h' }, title, h('span', { class: 'dot', 'aria-hidden': 'true' })),
  h('span', { class: 'd' }, words),
  h('span', { class: 'n' }, h('b', {}, int(hit)), ` touched, ${answer.outside ? pct(hit / answer.outside) : 'nothing outside'}`),
  picture,
  // A list may not stand in a button: rows of words do.
  h('span', { class: 'evlist' }, Object.entries(counts).map(([verdict, n]) =>
    h('span', { class: 'row', 'data-verdict': verdict }, swatch(verdict), glyph(verdict), h('span', {}, VERDICT[verdict]), h('span', { class: 'num' }, int(n))))));
  const paint = () => {
    const width = picture.clientWidth;
    if (!width) return;
    const drawn = storeys(width, counts, verdictWords(counts));
    drawn.setAttribute('aria-hidden', 'true'); // the rows below say the same
    picture.replaceChildren(drawn);
  };
  new ResizeObserver(paint).observe(picture);
  return card;
}

function drawCaptive() {
  const { counts } = outcome();
  const hit = touched(counts);
  const captive = sum('captive');
  const box = $('#cs');
  if (!hit) {
    fill(box, h('p', { class: 'sec' }, 'Nothing is touched.'));
    return;
  }
  const picture = h('span', { class: 'livepic' });
  const row = (n, word, meaning) => h('div', { class: 'row' }, h('span', { class: 'big' }, pct(n / hit)),
    h('span', {}, h('b', {}, word + ': '), meaning, ' ', h('span', { class: 'mut' }, int(n))));
  fill(box, row(captive, 'captive', 'take the target away and nothing of their origin is left.'), picture,
    row(hit - captive, 'shared', 'some way to an origin avoids the target.'), drawWeights());
  new ResizeObserver(() => picture.clientWidth && picture.replaceChildren(parts(picture.clientWidth,
    [[captive / hit, 'var(--accent)'], [1 - captive / hit, 'var(--line-2)']], `${int(captive)} captive, ${int(hit - captive)} shared`, 12))).observe(picture);
}

/** Downloads, likes and weights of what is touched; a sum without what nobody has told. */
function drawWeights() {
  const hit = touched(outcome().counts);
  const untold = sum('downloads_unknown');
  const known = hit - untold;
  return h('dl', { class: 'kv' },
    h('dt', {}, 'Downloads in 30 days'),
    h('dd', {}, known ? [int(sum('downloads')), untold > 0 && h('span', { class: 'mut' }, `, ${int(untold)} unknown`)] : 'unknown'));
}

function drawUnknown() {
  const { unknown } = outcome().counts;
  fill($('#unk'), unknown
    ? ['For ', h('b', {}, int(unknown)), ` ${unknown === 1 ? 'artefact' : 'artefacts'} (${pct(unknown / answer.outside)}) nobody has said what they stand on. That is not \u201csafe\u201d: any of them may rest on the target. headwater never counts an unknown as unaffected, so every total here is a `, h('b', {}, 'lower bound'), '.']
    : 'Of everything outside the target somebody has said what it stands on, so nothing is unknown here.');
}

function drawDownloads() {
  const link = (format) => h('a', {
    class: 'btn sm', download: `what-breaks-${state.event}.${format}`,
    href: address('what-breaks', { target: state.target, event: state.event, as_of: state.as_of, ...(format === 'json' ? { limit: 1000 } : { format }) }),
  }, format.toUpperCase());
  fill($('#downloads'), ['csv', 'ndjson', 'json'].map(link));
}

const legend = () => h('ul', { class: 'vleg' }, Object.entries(outcome().counts)
  .filter(([name]) => name !== 'unaffected' && name !== 'unknown')
  .map(([name, n]) => h('li', {}, swatch(name), glyph(name), VERDICT[name], ' ', h('b', {}, int(n)))));

function trailButtons(tree) {
  if (!state.below) return null;
  const names = [...tree.trail, tree.root.id];
  return h('nav', { class: 'trail', 'aria-label': 'Opened in the icicle' },
    h('button', { type: 'button', class: 'btn sm', on: { click: () => openBlock(null) } }, 'Whole target'),
    names.map((id, i) => (i < names.length - 1
      ? h('button', { type: 'button', class: 'btn sm', on: { click: () => openBlock(id) } }, short(id, 60))
      : h('b', { class: 'id' }, short(id, 60)))));
}

function openBlock(id) {
  // The target alone is the whole.
  const isWhole = answer.members === 1 && id === answer.resolved[0].id;
  state = { ...state, below: isWhole ? null : id };
  remember(state);
  showTree(true);
}

async function showTree(focus = false) {
  const signal = beginTree();
  const section = $('#f-ice');
  if (!touched(outcome().counts)) {
    for (const name of ['#f-ice', '#f-waves']) nothing($(name));
    return;
  }
  const tree = await during(section.querySelector('.fig-chart') ?? section.appendChild(h('div', { class: 'fig-chart' })),
    'Folding what stands on the target\u2026',
    () => get('icicle', { target: state.target, event: state.event, below: state.below, as_of: state.as_of }, { signal }));
  if (!tree || signal.aborted) return;
  for (const note of document.querySelectorAll('.fig > .state')) note.remove();
  $('.trail', section)?.remove();
  figure(section, {
    draw: (width, box) => icicle(width, tree, box, openBlock, state.below != null),
    columns: ICICLE_COLUMNS, rows: icicleRows(tree), source: legend(),
  });
  const trail = trailButtons(tree);
  if (trail) $('.fig-head', section).after(trail);
  if (focus) $('.hit[tabindex]', section)?.focus({ preventScroll: true });
  drawWaves(tree);
  drawLineageLink(tree);
}

function drawWaves(tree) {
  const names = Object.keys(tree.waves[0].counts);
  const all = tree.artefacts;
  const near = tree.waves.filter((wave) => wave.generation <= 3).reduce((total, wave) => total + touched(wave.counts), 0);
  figure('#f-waves', {
    draw: (width) => waves(width, tree.waves, 'Artefacts touched by generation and verdict. The table has the same numbers.'),
    columns: [{ t: 'Generation', num: 1 }, ...names.map((name) => ({ t: VERDICT[name], l: VERDICT[name], num: 1 }))],
    rows: tree.waves.map((wave) => [wave.generation + (wave.and_later ? ' and later' : ''), ...names.map((name) => int(wave.counts[name]))]),
    source: `${pct(near / all)} of what is touched lies within three generations.`,
  });
}

function nothing(section) {
  for (const old of section.querySelectorAll('.fig-tools, .fig-chart, .fig-table, .fig-src, .state, .trail')) old.remove();
  section.append(empty('Nothing is touched',
    h('p', {}, 'Either nobody built on the target, or nobody said so. The unknown ones beside this may still stand on it.')));
}

async function showMore(cursor, box) {
  const next = await get('what-breaks', { target: state.target, event: state.event, as_of: state.as_of, limit: ROWS, cursor });
  const table = worstTable(next.events[state.event].victims);
  const focusRow = $('tbody tr', table);
  $('#worst tbody').append(...table.querySelectorAll('tbody tr'));
  drawMore(next, box);
  $('a', focusRow)?.focus({ preventScroll: true });
}

function drawMore(found, box = $('#more')) {
  const shown = $('#worst tbody')?.children.length ?? 0;
  const total = touched(outcome().counts);
  const next = found.page?.next;
  fill(box, shown < total && [h('span', {}, `${int(shown)} of ${int(total)} shown. `),
    next && h('button', { type: 'button', class: 'btn sm', on: { click: () => during(box, 'Reading more\u2026', () => showMore(next, box)) } }, `Show ${int(Math.min(ROWS, total - shown))} more`)]);
}

async function showEvent() {
  const signal = begin();
  drawQuestion();
  drawFacts();
  const focused = document.activeElement?.dataset?.event;
  fill($('#evs'), Object.keys(EVENTS).map(eventCard));
  if (focused) $(`[data-event=${focused}]`)?.focus({ preventScroll: true });
  drawCaptive();
  drawUnknown();
  drawDownloads();
  splitCards(outcome().splits);
  showTree();
  showOwn(state, outcome().counts);
  const found = await during($('#worst'), 'Reading the worst hit\u2026',
    () => get('what-breaks', { target: state.target, event: state.event, as_of: state.as_of, limit: ROWS }, { signal }));
  if (!found || signal.aborted) return;
  const { victims } = found.events[state.event];
  fill($('#worst'), victims.length
    ? worstTable(victims)
    : empty('Nobody is hit', h('p', {}, 'No artefact in this snapshot is known to stand on the target.')));
  drawMore(found);
}

async function show() {
  const signal = begin();
  beginTree(); // a tree that is still on its way is of another question
  drawQuestion();
  const box = $('#state');
  if (!state.target.length) {
    $('#answer').hidden = true;
    fill($('#facts'));
    answer = null;
    drawQuestion();
    await suggestTargets(box);
    return;
  }
  const key = JSON.stringify([state.target, state.as_of]);
  if (answer?.key !== key) {
    $('#answer').hidden = true;
    answer = null;
    const found = await during(box, `Finding all that stands on ${short(state.target.join(', '), 100)}\u2026`,
      () => get('what-breaks', { target: state.target, as_of: state.as_of, split_by: SPLITS, limit: 1 }, { signal }),
      { typed: state.target.join(', ') });
    if (signal.aborted) return;
    if (!found) {
      repair(box);
      return;
    }
    answer = { ...found, key };
  }
  fill(box);
  $('#answer').hidden = false;
  await showEvent();
}

/** In a "did you mean" a click puts the name in the place of the last target. */
function repair(box) {
  for (const link of box.querySelectorAll('.near a')) {
    const id = new URL(link.href).searchParams.get('id');
    link.href = page('what-breaks', { target: id, event: state.event });
  }
}

async function suggestTargets(box) {
  const found = await during(box, 'Looking for the largest developers\u2026', () => get('concentration', { limit: 6 }));
  if (!found || state.target.length) return;
  fill(box, h('div', { class: 'card' }, empty('Choose what goes away',
    h('p', {}, 'A model, a dataset, everything of a namespace or a developer, a family or a licence. Several are one set. For example:'),
    h('ul', { class: 'chips' }, found.pretrainers.map((item) => h('li', {},
      h('a', { class: 'chip', href: page('what-breaks', { target: item.id }) }, short(item.name, 60), h('span', { class: 'mut' }, short(item.id, 60)))))))));
}

drawAdd();
addEventListener('popstate', () => {
  state = read();
  show();
});
show();
