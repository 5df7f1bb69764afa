// The tables of what breaks: the victims with their proofs, and the parts they fall into.
import { $, fill, h, int, short, table } from './dom.js';
import { glyph, relation, RELATION, relationClass, verdict } from './marks.js';
import { nodePage } from './api.js';
import { select } from './report.js';

const SHOWN = 7;

/** What softens or limits a verdict, in words. */
function remarks(victim) {
  const found = [];
  if (victim.mirror) found.push(`Mirror: ${short(victim.mirror, 200)}.`);
  if (victim.merge) found.push(`Loses ${victim.merge.lost ?? 'an unknown number'} of ${victim.merge.of} merged parents.`);
  if (victim.proof.some((step) => step.disputed)) found.push('Sources disagree about an edge of this way.');
  else if (victim.proof.some((step) => step.sources.length && step.sources.every((source) => source.startsWith('inferred')))) found.push('An edge of this way is inferred, not declared.');
  return found.join(' ');
}

/** The way to the target: relation and next artefact, again and again; the target last, in red. */
export function proof(victim) {
  const { length } = victim.proof;
  const words = remarks(victim);
  return h('div', { class: 'proof' }, victim.proof.map((step, i) => [
    h('span', { class: 'arr ' + relationClass(step.relation), title: `said by ${step.sources.join(', ')}` },
      glyph(step.relation, ''), RELATION[step.relation] ?? step.relation, step.disputed && ' \u2260', glyph('arrow', 'to')),
    h('span', { class: i === length - 1 ? 'id s' : 'id' }, short(step.parent, 200)),
  ]), words && h('span', { class: 'why' }, words));
}

export const worstTable = (victims) => table([
  { t: 'Artefact' }, { t: 'Verdict' }, { t: 'Captive or shared' }, { t: 'Downloads, 30 d', num: 1, l: 'downloads' },
  { t: 'Depth', num: 1, l: 'depth' }, { t: 'Proof' },
], victims.map((victim) => [
  h('a', { href: nodePage(victim.id) }, short(victim.id, 200)), verdict(victim.verdict),
  victim.captive ? 'captive' : 'shared', int(victim.downloads), int(victim.depth), proof(victim),
]), { cls: 'stk' });

/** Parts as bars; what nobody has told keeps its hatch. */
function partList(rows, dimension) {
  if (!rows.length) return h('p', { class: 'sec' }, 'Nothing is touched.');
  const most = Math.max(...rows.map((row) => row.artefacts));
  const label = (key) => (dimension === 'relation' ? relation(key)
    : key === 'unknown' ? h('span', { class: 'id mut' }, 'unknown')
      : h('span', { class: 'id', title: short(key, 200) }, ['developer', 'namespace'].includes(dimension) ? h('a', { href: nodePage(key) }, short(key.replace(/^developer:/, ''), 80)) : short(key, 80)));
  const rest = rows.slice(SHOWN).reduce((sum, row) => sum + row.artefacts, 0);
  return [h('ul', { class: 'blist' }, rows.slice(0, SHOWN).map((row) => h('li', { 'data-key': row.key }, label(row.key),
    h('i', {
      class: row.key === 'unknown' ? 'hatch' : dimension === 'relation' ? relationClass(row.key) : '', 'aria-hidden': 'true',
      css: { width: `${Math.max(1, (100 * row.artefacts) / most)}%` },
    }), h('span', { class: 'num' }, int(row.artefacts))))),
  rest > 0 && h('p', { class: 'fig-src' }, `and ${int(rows.length - SHOWN)} others with ${int(rest)}`)];
}

const CHOICES = {
  what: [['task', 'task'], ['licence', 'licence'], ['kind', 'kind']],
  who: [['developer', 'developer'], ['namespace', 'namespace']],
};
const chosen = { what: 'task', who: 'developer' };

function choiceCard(name, splits) {
  const box = $(`#s-${name}`);
  const draw = (dimension) => {
    chosen[name] = dimension;
    fill(list, partList(splits[dimension] ?? [], dimension));
  };
  const list = h('div', {});
  fill(box, h('div', { class: 'fig-head' }, h('h2', {}, 'Touched, by'),
    select(`by-${name}`, `Touched, by which ${name === 'who' ? 'owner' : 'property'}`, CHOICES[name], chosen[name], draw)), list);
  draw(chosen[name]);
}

export function splitCards(splits) {
  fill($('#by-rel'), partList(splits.relation ?? [], 'relation'));
  choiceCard('what', splits);
  choiceCard('who', splits);
}
