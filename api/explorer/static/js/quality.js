// How good is the data? Each class of dirt with its count, its share and examples.
import './shell.js';
import { $, day, fill, h, int, pct, short, table } from './dom.js';
import { figure } from './figure.js';
import { get, nodePage } from './api.js';
import { during, empty } from './states.js';
import { bars } from './charts.js';
import { RELATION } from './marks.js';
import { contents, numbers } from './report.js';

const UNSAID = new Set(['undeclared_lineage', 'licence_gaps', 'phantom_parents']);
const HEADLINES = ['phantom_parents', 'several_relations', 'licence_gaps', 'undeclared_lineage'];
const anchor = (finding) => 'c-' + finding.name;
const artefact = (id) => h('a', { href: nodePage(id) }, short(id, 200));

function drawNumbers(findings) {
  const by = new Map(findings.map((item) => [item.name, item]));
  numbers($('#nums'), HEADLINES.filter((name) => by.has(name)).map((name) => {
    const item = by.get(name);
    return [item.title, int(item.count), item.share == null ? `nothing to be a share of` : `${pct(item.share)} ${item.of_what}`];
  }));
}

const isGuess = (name) => name.startsWith('inferred');

function drawSources({ sources, n_edges: n, n_disputed: disputed }) {
  $('#f-sources').hidden = !sources.length;
  if (!sources.length) return;
  figure('#f-sources', {
    draw: (width) => bars(width, sources.map((item) => ({
      name: item.source, share: item.first / n, words: `${int(item.first)} (${pct(item.first / n)})`, fill: isGuess(item.source) ? 'var(--line-2)' : undefined,
    })), 'Edges by their most authoritative source. The table has the same numbers, and more.'),
    columns: [{ t: 'Source' }, { t: 'What it is', l: 'what' }, { t: 'First', num: 1, l: 'first' }, { t: 'Share', num: 1, l: 'share' }, { t: 'In all', num: 1, l: 'in all' }, { t: 'Alone', num: 1, l: 'alone' }],
    rows: sources.map((item) => [item.source, item.meaning, int(item.first), pct(item.first / n, 2), int(item.edges), int(item.alone)]),
    source: `${int(n)} edges; about ${int(disputed)} of them sources disagree${n ? ` (${pct(disputed / n)})` : ''}.${sources.some((item) => isGuess(item.source)) ? ' Pale: inferred, never declared.' : ''}`,
  });
}

function drawShares(findings) {
  const list = findings.filter((item) => item.share != null).sort((a, b) => b.share - a.share);
  figure('#f-share', {
    draw: (width) => bars(width, list.map((item) => ({
      name: item.title, share: item.share, words: width < 700 ? `${pct(item.share)} (${int(item.affected)})` : `${pct(item.share)} ${item.of_what}`, fill: UNSAID.has(item.name) ? 'hatch' : undefined,
    })), 'Share that each class touches. The table has the same numbers.'),
    columns: [{ t: 'Class' }, { t: 'Share', num: 1, l: 'share' }, { t: 'Of what', l: 'of' }, { t: 'Touched', num: 1, l: 'touched' }, { t: 'Out of', num: 1, l: 'out of' }],
    rows: list.map((item) => [item.title, pct(item.share, 2), item.of_what, int(item.affected), int(item.of)]),
    source: 'Hatched: what nobody has said, and so no fault of what was said.',
  });
}

function examples(finding) {
  if (!finding.examples.length) return null;
  const pairs = finding.examples.some((item) => item.other);
  const columns = [{ t: 'Example' }, pairs && { t: 'Other', l: 'other' }, { t: 'What is odd', l: 'odd' }, { t: 'Ranked by', num: 1, l: 'ranked by' }].filter(Boolean);
  const rows = finding.examples.map((item) => [
    h('span', { class: 'id' }, item.is_reason ? short(item.id, 200) : artefact(item.id)), ...(pairs ? [item.other ? h('span', { class: 'id' }, artefact(item.other)) : '\u2013'] : []),
    short(item.detail, 300), int(item.weight)]);
  return [h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': `Examples of ${finding.title}` }, table(columns, rows, { cls: 'stk' })),
    finding.truncated > 0 && h('p', { class: 'fig-src' }, `The weightiest ${int(finding.examples.length)} of ${int(finding.examples.length + finding.truncated)}; all of them: headwater quality --limit ${finding.examples.length + finding.truncated}`)];
}

const breakdown = (finding) => {
  const parts = Object.entries(finding.breakdown);
  return parts.length > 0 && h('ul', { class: 'bits' }, parts.slice(0, 12).map(([key, n]) => h('li', {}, RELATION[key] ?? short(key, 60), ' ', h('b', {}, int(n)))),
    parts.length > 12 && h('li', {}, `and ${int(parts.length - 12)} others`));
};

const card = (finding) => h('section', { class: 'card finding', id: anchor(finding), 'aria-labelledby': 'h-' + anchor(finding), 'data-name': finding.name },
  h('div', { class: 'head' }, h('h2', { id: 'h-' + anchor(finding) }, finding.title),
    h('span', { class: 'n' }, int(finding.count), ' ', h('small', {}, finding.share == null ? 'none of none' : `${pct(finding.share)} ${finding.of_what}`))),
  h('p', {}, finding.meaning),
  finding.count > 0 && h('p', {}, h('b', {}, 'What to do: '), finding.advice),
  breakdown(finding), examples(finding));

/** What is looked for and was not found: said in one place, not left out. */
const notMet = (findings) => findings.length > 0 && h('section', { class: 'card finding', 'aria-labelledby': 'h-none' },
  h('h2', { id: 'h-none' }, `Looked for and not met: ${int(findings.length)}`),
  h('dl', { class: 'none' }, findings.map((item) => [
    h('dt', { id: anchor(item), 'data-name': item.name }, item.title, ' ', h('span', { class: 'mut' }, item.of ? `0 of ${int(item.of)}` : 'nothing to look at')),
    h('dd', {}, item.meaning)])));

function follow(findings) {
  const links = [...$('#toc').children];
  const seen = new IntersectionObserver((entries) => {
    const top = entries.filter((entry) => entry.isIntersecting).at(0);
    if (!top) return;
    links.forEach((link) => (link.hash === '#' + top.target.id ? link.setAttribute('aria-current', 'true') : link.removeAttribute('aria-current')));
  }, { rootMargin: '-80px 0px -70% 0px' });
  for (const finding of findings) seen.observe(document.getElementById(anchor(finding)));
}

async function start() {
  const found = await during($('#state'), 'Counting each class of dirt\u2026', () => get('quality'));
  if (!found) return;
  const { findings } = found;
  fill($('#state'));
  $('#answer').hidden = false;
  fill($('#facts'), h('span', {}, 'Snapshot of ', h('b', {}, day(found.created))), h('span', {}, h('b', {}, int(findings.filter((item) => item.count > 0).length)), ` of ${int(findings.length)} classes occur`));
  contents($('#toc'), findings.map((item) => ({ text: item.title, n: item.count, href: '#' + anchor(item) })));
  drawNumbers(findings);
  drawSources(found);
  drawShares(findings);
  fill($('#classes'), findings.length ? [findings.filter((item) => item.count > 0).map(card), notMet(findings.filter((item) => !item.count))] : empty('No class is counted', h('p', {}, 'This snapshot has nothing to judge.')));
  follow(findings);
  if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
}
start();
