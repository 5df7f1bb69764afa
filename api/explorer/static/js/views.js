// The same lineage as nested lists (what a phone shows first) and as a table: the text
// alternatives of the picture.
import { fill, h, int, short, split, table } from './dom.js';
import { glyph, relation, RELATION, relationClass, state, verdict } from './marks.js';
import { aboveIt, doubt, opens, restText, STRUCK, toTree } from './lineage.js';

const badges = (node) => [
  doubt(node) && h('span', { class: 'badge warn' }, doubt(node)),
  (node.phantom || node.state !== 'present') && state(node.state, node.phantom),
  node.in_target && h('span', { class: 'badge bad' }, 'target'),
  node.verdict && verdict(node.verdict),
];

const idParts = (node) => {
  const [owner, name] = split(node.id);
  return [owner && h('span', { class: 'o' }, short(owner, 80), '/'), short(name), ' '];
};

/** Nested lists: ancestors, focus, descendants. */
export function outline(box, picture, { onPick, onOpen }) {
  const { focus } = toTree(picture);
  const rest = (group, item) => h('li', { class: 'rest' }, h('button', {
    type: 'button', class: 'row', on: { click: () => onOpen(group, item) },
  }, glyph('plus', ''), h('span', { class: 'mut' }, '\u2026and ', h('b', {}, int(group.n)), ' ', restText(group)),
  h('span', { class: 'k' }, `open ${opens(group)}`)));
  const row = (item) => {
    if (item.group) return rest(item.group, item.parent);
    const { node } = item;
    const kids = [...item.kids.map(row), item.rest && rest(item.rest, item)].filter(Boolean);
    return h('li', { class: [relationClass(node.relation), node.phantom && 'ghost', STRUCK.has(node.verdict) && 'victim'].filter(Boolean).join(' ') },
      h('button', { type: 'button', class: 'row', 'data-id': node.id, on: { click: () => onPick(item) } },
        glyph(node.relation, ''),
        h('span', { class: 'id' }, h('span', { class: 'vh' }, `${RELATION[node.relation] ?? ''}: `), h('span', { class: 'm' }, idParts(node)), badges(node)),
        h('span', { class: 'k' }, node.n_descendants > 0 && [h('span', { class: 'vh' }, 'descendants: '), int(node.n_descendants)])),
      kids.length > 0 && h('ul', {}, kids));
  };
  const part = (title, items, nothing) => [
    h('h3', {}, title),
    items.length ? h('ul', {}, items.map(row)) : h('p', { class: 'mut' }, nothing),
  ];
  fill(box,
    part(`It stands on ${int(picture.n_ancestors)}`, focus.up, aboveIt(picture)),
    h('p', { class: 'fx' }, short(picture.focus.id), ' ', badges(focus.node)),
    part(`${int(picture.n_descendants)} stand on it, each with the number on it in turn`, focus.down,
      'Nothing is known to stand on it: nobody built on it, or nobody said so.'));
}

/** One row an artefact that is drawn, then one a rest. */
export function asTable(picture) {
  const id = new Map([picture.focus, ...picture.ancestors, ...picture.descendants].map((node) => [node.key, node.id]));
  const judged = picture.event != null;
  const columns = [
    { t: 'Artefact' }, { t: 'Where' }, { t: 'By' }, { t: 'Next to' }, { t: 'Evidence', l: 'evidence' },
    { t: 'Stand on it', num: 1, l: 'stand on it' }, { t: 'Downloads, 30 days', num: 1, l: 'downloads' },
    { t: 'Licence', l: 'licence' }, { t: 'State', l: 'state' }, ...(judged ? [{ t: `If ${picture.targets.length > 1 ? 'they are ' : ''}${picture.event}` }] : []),
  ];
  const generation = (side, depth) => (side === 'up' ? `${depth} up` : `${depth} down`);
  const nodes = [...picture.ancestors, ...picture.descendants].map((node) => [
    h('span', { class: 'id' }, short(node.id)), generation(node.side, node.depth),
    relation(node.relation), short(id.get(node.towards)), doubt(node) ?? 'declared',
    int(node.n_descendants), int(node.downloads), short(node.licence ?? 'unknown', 60),
    state(node.state, node.phantom),
    ...(judged ? [node.in_target ? 'target' : node.verdict ? verdict(node.verdict) : '\u2013'] : []),
  ]);
  const rests = picture.groups.map((group) => [
    `\u2026and ${int(group.n)} more`, `${generation(group.side, group.depth)} and further`,
    group.relations.map(([name, n]) => `${int(n)} ${RELATION[name] ?? name}`).join(', '),
    short(id.get(group.behind)), '', '', '', '', '', ...(judged ? [''] : []),
  ]);
  return table(columns, [...nodes, ...rests], {
    cls: 'stk', caption: `What ${short(picture.focus.id)} stands on, and what stands on it`,
  });
}
