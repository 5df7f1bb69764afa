// Why is there an edge? The edge as a sentence, one row a claim, and why this relation won.
import { day, fill, h, safeUrl, short, table } from './dom.js';
import { glyph, reads, relation } from './marks.js';
import { get, nodePage } from './api.js';
import { during } from './states.js';

const sentence = (edge) => h('span', { class: 'edge-t' },
  h('span', { class: 'id' }, short(edge.child)), reads(edge.relation),
  h('span', { class: 'id' }, short(edge.parent)));

const STANDING = { accepted: null, refuted: ['bad', 'denied, not counted'], self: ['warn', 'names itself, not walked'] };

function badge(edge) {
  const standing = STANDING[edge.standing];
  if (standing) return h('span', { class: 'badge ' + standing[0] }, standing[1]);
  if (edge.disputed) return h('span', { class: 'badge warn' }, '\u2260 disputed');
  const guessed = edge.claims.length > 0 && edge.claims.every((claim) => claim.source.startsWith('inferred:'));
  return guessed
    ? h('span', { class: 'badge warn' }, '? inferred')
    : h('span', { class: 'badge good' }, 'declared');
}

const confidence = (value) => h('span', { class: 'conf' }, value.toFixed(2),
  h('i', { 'aria-hidden': 'true', css: { '--w': `${Math.round(100 * Math.max(0, Math.min(1, value)))}%` } }));

const documentLink = (claim) => {
  const url = /^https?:/i.test(claim.document) ? safeUrl(claim.document) : null;
  return url
    ? h('a', { href: url, rel: 'noopener noreferrer', target: '_blank' }, claim.source)
    : h('span', {}, claim.source);
};

const claimRow = (claim) => [
  documentLink(claim),
  h('span', {}, claim.stance === 'denies' && h('b', {}, 'not '), relation(claim.relation)),
  h('span', {}, claim.declared_by, claim.primary && ', primary source'),
  confidence(claim.confidence), day(claim.first_seen), day(claim.last_seen),
];

const COLUMNS = [
  { t: 'Source' }, { t: 'Says' }, { t: 'Who' }, { t: 'Confidence', num: 1, l: 'confidence' },
  { t: 'First seen', l: 'first seen' }, { t: 'Last seen', l: 'last seen' },
];

const told = (edge) => h('div', { class: 'edge' },
  h('div', { class: 'edge-h' }, badge(edge), sentence(edge)),
  h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': `Claims for ${short(edge.child)} ${edge.relation} ${short(edge.parent)}` },
    table(COLUMNS, edge.claims.map(claimRow), { cls: 'stk claims' })),
  h('p', { class: 'sec' }, edge.verdict),
  edge.claims.some((claim) => claim.note) && h('ul', { class: 'notes' },
    edge.claims.filter((claim) => claim.note).map((claim) => h('li', {}, h('span', { class: 'mut' }, claim.source, ': '), short(claim.note, 600)))));

/**
 * Show the evidence for an edge.
 * @param edges `[{child, parent}]`, the first one is the edge that gave the node its place
 * @param id the node that was picked
 * @param onClose called when the drawer is closed
 * @param actions buttons about the node
 */
export async function evidence(box, { edges, id, onClose, actions = [] }) {
  box.hidden = false;
  const close = h('button', { type: 'button', class: 'icb', 'aria-label': 'Close evidence', on: { click: onClose } }, glyph('close'));
  const body = h('div', { class: 'drawer-b' });
  fill(box, h('div', { class: 'drawer-h' },
    h('h3', {}, edges.length ? 'Why this edge' : 'The focus'),
    edges.length > 0 && h('a', { class: 'btn sm', href: nodePage(id) }, 'Its own page'), actions, close), body);
  const answers = await during(body, 'Reading the claims\u2026', () =>
    Promise.all(edges.map(({ child, parent }) => get('edge', { child, parent }))));
  if (answers) fill(body, answers.map(told));
}
