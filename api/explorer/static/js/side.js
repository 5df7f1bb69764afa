// Beside the lineage: licence, openness, single points of failure, what its loss would do.
import { fill, h, int, pct, s, safeUrl, short } from './dom.js';
import { glyph, relation, RELATION, swatch, VERDICT } from './marks.js';
import { about, get, nodePage, page } from './api.js';
import { stats } from './shell.js';
import { during } from './states.js';

const card = (title, badge, ...children) =>
  h('section', { class: 'card' }, h('h2', {}, title, badge), children);
const link = (id, text = id) => h('a', { class: 'id', href: nodePage(id) }, short(text, 80));
/** A link to a document elsewhere; the text alone where the address is none. */
export const outside = (url, text) => (/^https?:/i.test(url ?? '') && safeUrl(url)
  ? h('a', { href: url, rel: 'noopener noreferrer', target: '_blank' }, text) : text);

/** Fill a card's place when its answer comes; a failure stays within the card. */
function later(title, reading, ask, draw) {
  const box = h('div', { class: 'slot' }, card(title, null, h('p', { class: 'mut' }, reading)));
  const inner = box.firstChild;
  during(inner, reading, async () => {
    const answer = await ask();
    fill(box, draw(answer));
  }).then(() => inner.isConnected && inner.querySelector('h2')?.replaceChildren(title));
  return box;
}

/** A short chain of edges in words: "finetune, then quantized". */
const way = (path) => {
  const words = path.map((step) => RELATION[step.relation] ?? step.relation);
  return words.length > 3 ? `${words.length} edges` : words.join(', then ');
};

// Licence -----------------------------------------------------------------------------

/** What the obligations of queries/licence_table.yaml mean. */
export const OBLIGATION = {
  noncommercial: 'No commercial use',
  research_only: 'Research use only',
  no_derivatives: 'Derivatives must not be passed on',
  share_alike: 'Derivatives stay under the same terms',
  named_use: 'Names of derivatives, or a display, are prescribed',
  output_use: 'What is trained on its outputs is restricted too',
  user_threshold: 'Above a number of users, or a revenue, another licence is needed',
  region_excluded: 'Not granted in some regions',
  use_restrictions: 'A list of forbidden uses binds derivatives too',
  attribution: 'Notices or credits have to be kept',
};
const LICENCE_BADGE = {
  conflict: ['bad', 'conflict'], missing: ['warn', 'none declared'], unknown: ['', 'unknown'],
  kept: ['good', 'kept'], root: ['', 'own terms'],
};
const LICENCE_SAYS = {
  conflict: 'The declared licence drops what comes down from above:',
  missing: 'No licence is declared. What comes down from above holds all the same:',
  unknown: 'It cannot be told whether the licence drops anything. That is not the same as safe.',
  kept: 'What comes down from above has its like in the declared licence:',
  root: 'It stands on no other model\u2019s weights; its own terms are all there is.',
};
const REASON = {
  absent: 'declares no licence', unknown: 'licence never looked at', unlisted: 'licence not in the table',
  partly_known: 'licence known in part', undeclared_lineage: 'nobody has said what its weights come from',
};

function licenceCard(answer) {
  const [look, word] = LICENCE_BADGE[answer.verdict] ?? ['', answer.verdict];
  const declared = answer.declared ?? (answer.licence_status === 'absent' ? 'none' : 'unknown');
  const dropped = answer.inherited.filter((item) => item.standing === 'dropped');
  const listed = answer.verdict === 'conflict' ? dropped : answer.inherited;
  const inherited = [...new Set(listed.map((item) => item.licence))];
  const nearest = new Map();
  for (const item of listed) if (!nearest.has(item.obligation)) nearest.set(item.obligation, item);
  const mark = { kept: 'check', dropped: 'encumbered' };
  return card('Licence', h('span', { class: 'badge ' + look }, word),
    h('div', { class: 'vs' },
      h('div', {}, h('span', { class: 'l' }, 'declared'), h('b', {}, outside(answer.terms?.url, short(declared, 60)))),
      inherited.length > 0 && [
        h('span', { class: answer.verdict === 'conflict' ? 'no' : 'mut', role: 'img', 'aria-label': answer.verdict === 'conflict' ? 'differs from' : 'over' }, answer.verdict === 'conflict' ? '\u2260' : '\u2190'),
        h('div', {}, h('span', { class: 'l' }, 'inherited'), h('b', {}, inherited.slice(0, 3).map((name) => short(name, 40)).join(', '), inherited.length > 3 && ` and ${inherited.length - 3} more`)),
      ]),
    h('p', {}, LICENCE_SAYS[answer.verdict] ?? ''),
    nearest.size > 0 && h('ul', { class: 'obl' }, [...nearest.values()].map((item) => h('li', { class: item.standing },
      glyph(mark[item.standing] ?? 'unknown', ''),
      h('span', {}, OBLIGATION[item.obligation] ?? item.obligation, h('small', {}, ' from ', link(item.source), item.path.length > 0 && ` (${way(item.path)})`))))),
    answer.unresolved.length > 0 && h('details', {},
      h('summary', {}, `${int(answer.unresolved.length)} unresolved above it`),
      h('ul', { class: 'plain' }, answer.unresolved.slice(0, 20).map((item) =>
        h('li', {}, link(item.source), ': ', REASON[item.reason] ?? item.reason)))),
    answer.name_rules.filter((rule) => !rule.is_followed).map((rule) =>
      h('p', {}, 'Its name does not begin with \u201c', short(rule.begins, 40), '\u201d, which ', short(rule.licence, 40), ' asks for.')),
    h('p', { class: 'mut' }, answer.notice));
}

// Openness ----------------------------------------------------------------------------

const OPEN_FILL = { open: 'var(--accent)', partial: 'none', closed: 'none' };
function criteria(root) {
  const count = (word) => root.criteria.filter((item) => item.openness === word).length;
  const n = root.criteria.length;
  return h('div', {},
    h('div', { class: 'h' }, link(root.id, root.name), h('span', { class: 'badge' }, root.openness)),
    n > 0
      ? s('svg', {
        viewBox: `0 0 ${Math.max(14, n) * 20} 16`, role: 'img',
        'aria-label': `${short(root.id)}: ${count('open')} open, ${count('partial')} partial, ${count('closed')} closed`,
      }, root.criteria.map((item, i) => [
        s('rect', { x: i * 20 + 0.75, y: 0.75, width: 16.5, height: 14.5, rx: 2, fill: OPEN_FILL[item.openness] ?? 'none', stroke: item.openness === 'closed' ? 'var(--control)' : 'var(--accent)', 'stroke-width': 1.5 },
          s('title', {}, `${item.criterion}: ${item.openness}`)),
        item.openness === 'partial' && s('path', { d: `M${i * 20 + 1.5} 14.5V1.5H${i * 20 + 16.5}z`, fill: 'var(--accent)' }),
      ]))
      : h('p', { class: 'mut' }, 'Not in the index: unknown, not closed.'));
}

const INDEX = 'osai-index';
const NO_INDEX = 'This snapshot does not hold the European Open Source AI Index, so nothing is known of the openness of what this stands on. Whoever runs the server can add it: headwater import osai-index FOLDER';

/** The openness of a model; null when the snapshot has no index to ask. */
async function askOpenness(id) {
  const { sources } = await stats;
  return sources.includes(INDEX) ? get(about(id, 'openness')) : null;
}

function opennessCard(answer) {
  if (!answer) return card('Openness of what it stands on', h('span', { class: 'badge' }, 'unknown'), h('p', {}, NO_INDEX));
  return card('Openness of what it stands on', h('span', { class: 'badge' }, answer.openness),
    answer.roots.length
      ? h('div', { class: 'open14' }, answer.roots.slice(0, 5).map(criteria))
      : h('p', {}, 'No root is known: nobody has said what it stands on.'),
    answer.roots.length > 5 && h('p', { class: 'mut' }, `and ${int(answer.roots.length - 5)} more roots`),
    answer.has_undeclared && h('p', {}, 'Something above it has undeclared lineage.'),
    h('p', { class: 'mut' }, 'Filled open, half partial, hollow closed. ', answer.citation));
}

// Single points of failure ------------------------------------------------------------

const LINEAGE_SAYS = {
  known: 'Every path of its weights is known. Take one of these away and none is left.',
  'in part': 'Some paths end where nobody has said what is above: there may be more.',
  undeclared: 'Nobody has said what it stands on, so none can be named. That does not make it safe.',
};
const substitutes = (single) => {
  const { mirrors, n_siblings: siblings } = single.substitutes;
  if (mirrors.length) return `mirror: ${short(mirrors[0].id, 60)}${mirrors.length > 1 ? ` and ${mirrors.length - 1} more` : ''}`;
  return siblings ? `no mirror; ${int(siblings)} siblings might serve` : 'no mirror known';
};

function chokepointsCard(answer) {
  const singles = answer.by.flatMap((sort) => (sort.by === 'namespace' ? [] : sort.singles));
  return card('Single points of failure',
    h('span', { class: 'badge' }, answer.lineage === 'known' ? int(singles.length) : answer.lineage),
    h('p', {}, singles.length || answer.lineage !== 'known'
      ? LINEAGE_SAYS[answer.lineage] ?? ''
      : answer.n_ancestors ? 'None but itself: each of its inputs could be lost without all paths being lost.' : 'It is a root: it stands on no other weights.'),
    h('ul', { class: 'spof' }, singles.slice(0, 8).map((single) => h('li', {},
      h('div', { class: 'h' }, link(single.id, single.kind === 'developer' ? single.name : single.id),
        single.state !== 'present' && h('span', { class: 'badge warn' }, single.state)),
      h('span', { class: 'mut' }, single.kind, ', ', single.distance === 1 ? '1 edge away' : `${single.distance} edges away`, '; ', substitutes(single))))),
    singles.length > 8 && h('p', { class: 'mut' }, `and ${int(singles.length - 8)} more`));
}

// If it is deleted --------------------------------------------------------------------

function lossCard(answer) {
  const outcome = answer.events.deleted;
  const rows = Object.entries(outcome.counts).filter(([name, n]) => n > 0 && name !== 'unaffected' && name !== 'unknown');
  const touched = rows.reduce((sum, [, n]) => sum + n, 0);
  return card('If this goes', null,
    rows.length
      ? h('dl', { class: 'kv' }, rows.flatMap(([name, n]) => [
        h('dt', { class: 'rel' }, swatch(name), ' ', VERDICT[name] ?? name), h('dd', { class: 'num' }, int(n)),
      ]))
      : h('p', {}, 'Nothing is known to stand on it.'),
    h('p', { class: 'mut' }, touched ? `${int(touched)} artefacts are touched when it is deleted` : 'Deleted, it would take nothing known with it',
      answer.mirrored ? '; a mirror of it is present' : '', `. Of ${int(answer.unknown)} others nobody has said what they stand on.`),
    h('p', {}, h('a', { href: page('what-breaks', { target: answer.targets[0] }) }, 'Frozen, gated, relicensed: all four')));
}

/** The cards of a node; each asks for itself, so that one failure is not four. */
export function sideCards(shown, { onLicence, onChokepoints } = {}) {
  const cards = [];
  if (shown.kind === 'model') {
    cards.push(
      later('Licence', 'Following licences up\u2026', () => get(about(shown.id, 'licences')), (answer) => {
        onLicence?.(answer);
        return licenceCard(answer);
      }),
      later('Single points of failure', 'Looking for what all paths pass\u2026', () => get(about(shown.id, 'chokepoints')), (answer) => {
        onChokepoints?.(answer);
        return chokepointsCard(answer);
      }),
      later('Openness of what it stands on', 'Reading the openness of its roots\u2026', () => askOpenness(shown.id), opennessCard),
    );
  }
  cards.push(later('If this goes', 'Taking it away\u2026', () => get('what-breaks', { target: shown.id, event: 'deleted', limit: 1 }), lossCard));
  return cards;
}

export { LICENCE_BADGE, OPEN_FILL };
