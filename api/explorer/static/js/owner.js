// The page of what is no artefact itself: a developer, a namespace, a family, a filter.
import { fill, h, int, short } from './dom.js';
import { glyph, state, swatch, VERDICT } from './marks.js';
import { get, nodePage, page } from './api.js';
import { during, empty } from './states.js';

const KIND_SAYS = {
  developer: 'The body behind namespaces and products; it stands for all that these published.',
  namespace: 'A user or organisation of the Hub; it stands for all that it published.',
  family: 'Artefacts that go by one name, as the catalogue lists them.',
  filter: 'All artefacts that share this value.',
};
const EVENT_SAYS = {
  frozen: 'no further releases', gated: 'access on approval only',
  deleted: 'every download is gone', relicensed: 'the licence changes for what is built on it',
};

const eventCard = (name, outcome, target) => {
  const rows = Object.entries(outcome.counts).filter(([key, n]) => n > 0 && key !== 'unaffected' && key !== 'unknown');
  return h('a', { class: 'ev', href: page('what-breaks', { target, event: name }) },
    h('span', { class: 'h' }, `If ${name}`), h('span', { class: 'd' }, EVENT_SAYS[name]),
    rows.length
      ? h('ul', {}, rows.map(([key, n]) => h('li', {}, swatch(key), VERDICT[key] ?? key, h('b', { class: 'num' }, int(n)))))
      : h('span', { class: 'n' }, 'nothing known stands on it'));
};

function memberList(tree) {
  const named = tree.root.children.filter((block) => block.id);
  const folded = tree.root.children.reduce((sum, block) => sum + (block.id ? 0 : block.folded), 0);
  if (!named.length && !folded) return empty('Nothing stands on these', h('p', {}, 'Nobody built on them, or nobody said so.'));
  const most = Math.max(1, ...named.map((block) => block.artefacts));
  return [
    h('ol', { class: 'owned' }, named.map((block) => h('li', {},
      h('a', { class: 'id', href: nodePage(block.id) }, short(block.id)),
      h('i', { 'aria-hidden': 'true', css: { width: `${Math.max(1, (100 * block.artefacts) / most)}%` } }),
      h('span', { class: 'num' }, int(block.artefacts))))),
    folded > 0 && h('p', { class: 'mut' }, `\u2026and ${int(folded)} more on which less stands.`),
  ];
}

/**
 * Draw the page of an owner, a family or a filter.
 * @param id as asked
 * @param shown what is known of the node; null for a family or a filter
 */
export async function ownerPage(box, id, shown) {
  const answer = await during(box, 'Reading what it stands for\u2026', () =>
    get('what-breaks', { target: id, limit: 1 }), { typed: id });
  if (!answer) return;
  const [target] = answer.resolved;
  document.title = `${short(target.name, 60)} \u00b7 headwater`;
  const members = h('div', {});
  fill(box,
    h('div', { class: 'arthead' },
      h('div', {},
        h('p', { class: 'eyebrow' }, glyph(target.kind), h('span', {}, target.kind), shown && shown.state !== 'present' && state(shown.state)),
        h('h1', {}, short(target.name)),
        h('p', { class: 'facts' },
          h('span', { class: 'mut' }, short(target.id)),
          h('span', {}, h('b', {}, int(target.n_members)), target.n_members === 1 ? ' artefact of its own' : ' artefacts of its own'),
          shown?.developer && shown.developer !== id && h('span', {}, 'owned by ', h('a', { href: nodePage(shown.developer) }, short(shown.developer))),
          h('span', {}, KIND_SAYS[target.kind] ?? ''))),
      h('div', { class: 'btns' }, h('a', { class: 'btn pri', href: page('what-breaks', { target: target.id }) }, 'What breaks if it closes'))),
    h('h2', { class: 'vh' }, 'If it closes'),
    h('div', { class: 'evs' }, Object.entries(answer.events).map(([name, outcome]) => eventCard(name, outcome, target.id))),
    h('section', { class: 'card fig', 'aria-labelledby': 'own' },
      h('div', { class: 'fig-head' }, h('div', {}, h('h2', { id: 'own' }, 'Its artefacts, by how many stand on them'),
        h('p', {}, 'Each artefact outside is counted once, under the nearest one of these.'))), members));
  const tree = await during(members, 'Counting what stands on each\u2026', () => get('icicle', { target: id, event: 'deleted' }));
  if (tree) fill(members, memberList(tree));
}
