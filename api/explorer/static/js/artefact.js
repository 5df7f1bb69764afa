// One artefact: its lineage as picture, list and table, and what follows from it. All state
// is in the address (?id=&open=&sel=&view=&event=&target=&as_of=), so that what is seen can
// be shared. Without targets the event happens to the artefact itself.
import './shell.js';
import { $, count, day, fill, h, int, kilo, short, split } from './dom.js';
import { glyph, relation, relationClass, state, verdict, VERDICT } from './marks.js';
import { about, address, get, nodePage, page } from './api.js';
import { copyText, during, empty } from './states.js';
import { aboveIt, hourglass } from './lineage.js';
import { asTable, outline } from './views.js';
import { evidence } from './evidence.js';
import { searchForm } from './search.js';
import { outside, sideCards } from './side.js';
import { ownerPage } from './owner.js';

const ROWS = 26;
const GENERATIONS = 4;
const OWNERS = new Set(['namespace', 'developer']);
const EVENTS = new Set(['frozen', 'gated', 'deleted', 'relicensed']);
const MOST_TARGETS = 50;
const TARGETS = /^(family|licence|task|library):./;
const box = $('#content');
const phone = matchMedia('(max-width: 880px)');

// State -------------------------------------------------------------------------------

const read = () => {
  const query = new URLSearchParams(location.search);
  const view = query.get('view');
  return {
    id: (query.get('id') ?? '').trim(),
    open: query.getAll('open').slice(0, 100),
    sel: query.get('sel'),
    view: ['picture', 'list', 'table'].includes(view) ? view : null,
    event: EVENTS.has(query.get('event')) ? query.get('event') : null,
    target: query.getAll('target').filter(Boolean).slice(0, MOST_TARGETS),
    as_of: query.get('as_of'),
  };
};
const write = (next, push = true) => {
  const query = new URLSearchParams({ id: next.id });
  for (const name of ['open', 'target']) for (const item of next[name]) query.append(name, item);
  for (const name of ['sel', 'view', 'event', 'as_of']) if (next[name]) query.set(name, next[name]);
  history[push ? 'pushState' : 'replaceState'](null, '', '?' + query);
};
/** "down:10:ID" once more: ten more of the same rest. */
function openMore(open, side, id, more) {
  const same = (item) => item.split(':')[0] === side && item.split(':').slice(2).join(':') === id;
  const before = open.find(same);
  const number = (before ? Number(before.split(':')[1]) || 0 : 0) + more;
  const next = `${side}:${number}:${id}`;
  return before ? open.map((item) => (same(item) ? next : item)) : [...open, next];
}

// Head --------------------------------------------------------------------------------

const field = (shown, name) => shown.fields.find((item) => item.name === name) ?? { status: 'unknown', value: null };
function fact(shown, name, text, format = String) {
  const { status, value } = field(shown, name);
  if (status === 'not_applicable') return null;
  if (status === 'known') return h('span', {}, ...text(h('b', {}, format(value))));
  return h('span', { class: 'mut' }, ...text(status === 'absent' ? 'no' : 'unknown'));
}
const ROOT_SAYS = {
  established: 'root, trained from scratch', presumed: 'presumed root', undeclared: 'lineage undeclared',
};

function head(shown) {
  const [owner, name] = split(shown.id);
  const copy = h('button', { type: 'button', class: 'btn', on: { click: () => copyText(location.href, copy) } }, 'Copy link');
  const made = field(shown, 'created').status === 'known' ? 'created' : 'released';
  return h('div', { class: 'arthead' },
    h('div', {},
      h('p', { class: 'eyebrow' }, glyph(shown.kind), h('span', {}, shown.kind), state(shown.state, shown.phantom),
        ROOT_SAYS[shown.root_status] && h('span', { class: 'badge' }, ROOT_SAYS[shown.root_status]),
        h('span', { id: 'found' })),
      h('h1', {}, owner && h('span', { class: 'o' }, short(owner, 200), ' / '), short(name, 300)),
      h('p', { class: 'facts' },
        shown.name !== shown.id && h('span', {}, h('b', {}, short(shown.name))),
        fact(shown, 'parameters', (v) => [v, ' parameters'], kilo),
        h('span', { id: 'counts' }),
        fact(shown, 'downloads', (v) => [v, ' downloads in 30 days'], int),
        fact(shown, made, (v) => [made, ' ', v], day),
        field(shown, 'task').status === 'known' && fact(shown, 'task', (v) => ['task ', v], (v) => short(v, 60)),
        shown.developer
          ? h('span', {}, 'by ', h('a', { href: nodePage(shown.developer) }, short(shown.developer.replace(/^developer:/, ''), 60)))
          : shown.namespace && h('span', {}, 'by ', h('a', { href: nodePage(shown.namespace) }, short(shown.namespace, 60)))),
      shown.note && h('p', { class: 'facts' }, short(shown.note, 400)),
      shown.phantom && h('p', { class: 'note unk' }, 'Nobody has seen this artefact: it is only named as a parent. It is kept, because what stands on it would otherwise seem to stand on nothing.')),
    h('div', { class: 'btns' }, copy,
      h('a', { class: 'btn', href: address(about(shown.id, 'lineage'), { limit: 1000 }) }, 'JSON'),
      h('a', { class: 'btn', href: address('bom', { target: shown.id }), download: `${split(shown.id)[1]}.cdx.json`, title: 'Bill of materials: it and all that it stands on, as CycloneDX' }, 'Bill of materials'),
      h('a', { class: 'btn pri', href: page('what-breaks', { target: shown.id }) }, 'What breaks if it goes')));
}

const FIELD = {
  access: 'access', released: 'released', created: 'created', modified: 'changed', downloads: 'downloads, 30 d',
  downloads_all_time: 'downloads, ever', likes: 'likes', parameters: 'parameters', task: 'task',
  library: 'library', licence: 'licence', language: 'language', hub_id: 'Hub _id',
};
const valueText = (value) => (typeof value === 'number' ? int(value) : [value].flat().map((item) => short(item, 80)).join(', '));

/** Everything that is known of it, and what is not: absent is not the same as unknown. */
function knownCard(shown) {
  const rows = shown.fields.filter((item) => item.status !== 'not_applicable').map((item) => [
    FIELD[item.name] ?? item.name,
    item.status === 'known' ? h('dd', {}, valueText(item.value))
      : h('dd', { class: 'mut' }, item.status === 'absent' ? 'looked for, not given' : 'unknown'),
  ]);
  const more = [
    ['kind', shown.kind], ['namespace', shown.namespace && h('a', { href: nodePage(shown.namespace) }, short(shown.namespace))],
    ['family', shown.family && h('a', { href: nodePage('family:' + shown.family) }, short(shown.family))],
    ['other names', shown.aliases.slice(0, 12).map((name) => short(name, 80)).join(', ')],
    ['told by', shown.sources.map((name) => short(name, 40)).join(', ')],
    ['document', shown.document && outside(shown.document, 'open')],
  ].filter(([, value]) => value && value.length !== 0).map(([name, value]) => [name, h('dd', {}, value)]);
  return h('section', { class: 'card', 'aria-labelledby': 'kh' }, h('h2', { id: 'kh' }, 'What is known of it'),
    h('dl', { class: 'known' }, [...more, ...rows].map(([name, value]) => h('div', {}, h('dt', {}, name), value))));
}

const ask = ({ id, open, event, target, as_of }) =>
  get('picture', { id, rows: ROWS, generations: GENERATIONS, opened: open, event, target: event && target, as_of });

/** What is struck out, in words: "gpt2 and 2 others are deleted". */
function scenario({ target }, event) {
  const [first, ...others] = target;
  const who = short(first.replace(/^\w+:/, ''), 40);
  return others.length ? `${who} and ${count(others.length, 'other')} are ${event}` : `${who} is ${event}`;
}

// Lineage -----------------------------------------------------------------------------

const line = (dash, text) => h('li', {}, h('i', { class: 'k ' + dash, 'aria-hidden': 'true' }), text);
/** What the event does to everything in the lineage, drawn or folded. */
function verdictsOf(picture) {
  const counts = new Map();
  const add = (name, n) => name && counts.set(name, (counts.get(name) ?? 0) + n);
  [...picture.ancestors, picture.focus, ...picture.descendants].forEach((node) => add(node.verdict, 1));
  picture.groups.forEach((group) => group.verdicts.forEach(([name, n]) => add(name, n)));
  if (!counts.size) return h('li', { class: 'sec' }, 'Nothing here is known to stand on it.');
  return Object.keys(VERDICT).filter((name) => counts.has(name)).map((name) =>
    h('li', {}, verdict(name), h('span', { class: 'num' }, int(counts.get(name)))));
}

/** The key doubles as a summary: relation, colour, glyph, and how many hang on by it. */
function keyOf(picture, now) {
  const down = picture.relations_down;
  const most = Math.max(1, ...down.map(([, n]) => n));
  const other = picture.relations_up.filter(([name]) => !down.some(([known]) => known === name));
  return [
    aboveIt(picture) && h('p', { class: 'sec' }, aboveIt(picture)),
    picture.event && [
      h('h3', {}, 'If ', now.target.length
        ? h('a', { href: page('what-breaks', { target: now.target, event: picture.event, as_of: now.as_of }) }, scenario(now, picture.event))
        : `it is ${picture.event}`),
      h('ul', { class: 'vl' }, verdictsOf(picture))],
    down.length > 0 && [h('h3', {}, 'Descendants by relation'),
      h('ul', { class: 'rl' }, down.map(([name, n]) => h('li', {}, relation(name),
        h('i', { class: relationClass(name), 'aria-hidden': 'true', css: { width: `${Math.max(2, (100 * n) / most)}%` } }),
        h('span', { class: 'num' }, int(n)))))],
    other.length > 0 && h('ul', { class: 'kl' }, other.map(([name]) => h('li', {}, relation(name)))),
    h('ul', { class: 'kl' }, line('', 'declared'), line('dash', 'inferred ? or disputed \u2260'),
      h('li', {}, h('i', { class: 'gh', 'aria-hidden': 'true' }), 'named, never seen')),
  ];
}

const VIEWS = [['picture', 'Picture'], ['list', 'List'], ['table', 'Table']];

class Lineage {
  constructor(onCounts) {
    this.onCounts = onCounts;
    this.key = h('div', { class: 'read' });
    this.tree = h('div', { class: 'tree', role: 'group', 'aria-label': 'Lineage, ancestors left and descendants right. Arrow keys move between artefacts.' });
    this.scroller = h('div', { class: 'tree-scroll' }, this.tree);
    this.list = h('div', { class: 'tlist' });
    this.numbers = h('div', { class: 'fig-table', tabindex: 0, role: 'region', 'aria-label': 'Lineage as a table' });
    this.drawer = h('div', { class: 'drawer', hidden: true, role: 'region', 'aria-label': 'Evidence' });
    this.status = h('p', { class: 'vh', role: 'status' });
    this.failure = h('div', { class: 'lin-fail' });
    this.cut = h('button', { type: 'button', class: 'switch', 'aria-pressed': 'false', on: { click: () => this.change({ event: this.state.event ? null : this.event }) } },
      h('i', { 'aria-hidden': 'true' }), this.cutText = h('span', {}));
    this.choices = VIEWS.map(([name, text]) => h('button', { type: 'button', 'aria-pressed': 'false', on: { click: () => this.change({ view: name }) } }, text));
    this.glass = hourglass(this.tree, { onPick: (item) => this.pick(item), onOpen: (group, item) => this.open(group, item), key: this.key });
    this.element = h('section', { class: 'card lin', 'aria-labelledby': 'lh' },
      h('div', { class: 'lin-bar' }, h('h2', { id: 'lh' }, 'Lineage'), this.cut,
        h('div', { class: 'seg', role: 'group', 'aria-label': 'Show lineage as' }, this.choices)),
      this.status, this.failure, this.scroller, this.list, this.numbers, this.drawer);
  }

  async show(next) {
    this.state = next;
    this.event = next.event ?? this.event ?? 'deleted'; // which one the switch puts back
    this.cutText.textContent = 'Strike out what breaks if ' + (next.target.length ? scenario(next, this.event) : this.event);
    const before = this.picture;
    const answer = await during(this.failure, 'Reading the lineage\u2026', () =>
      ask(next));
    if (!answer || this.state !== next) return false;
    this.failure.replaceChildren();
    this.picture = answer;
    if (answer !== before) this.draw();
    this.layOut();
    return true;
  }

  draw() {
    const { picture } = this;
    this.told = null;
    this.list.replaceChildren();
    this.numbers.replaceChildren();
    fill(this.key, keyOf(picture, this.state));
    this.tree.classList.toggle('cut', picture.event != null);
    this.isEmpty = picture.n_ancestors + picture.n_descendants === 0;
    if (this.isEmpty) {
      fill(this.failure, empty('No lineage in this snapshot',
        h('p', {}, 'Nobody has said what it stands on, and nothing is known to stand on it. Either nobody built on it, or nobody said so: unknown is not the same as none.'),
        h('a', { class: 'btn sm', href: page('quality') }, 'How much is known')));
    }
    this.onCounts(picture);
  }

  layOut() {
    const { view, event, sel } = this.state;
    const shown = this.isEmpty ? null : view ?? (phone.matches ? 'list' : 'picture');
    this.scroller.hidden = shown !== 'picture';
    this.list.hidden = shown !== 'list';
    this.numbers.hidden = shown !== 'table';
    this.choices.forEach((button, i) => button.setAttribute('aria-pressed', String(VIEWS[i][0] === shown)));
    this.cut.setAttribute('aria-pressed', String(Boolean(event)));
    if (shown === 'picture') this.glass.draw(this.picture);
    if (shown === 'list') this.drawList();
    if (shown === 'table') this.drawTable();
    this.glass.mark(sel);
    this.tell(sel);
  }

  // Each view is built when it is first looked at.
  drawList() {
    if (this.list.firstChild) return;
    outline(this.list, this.picture, { onPick: (item) => this.pick(item), onOpen: (group, item) => this.open(group, item) });
  }

  drawTable() {
    if (!this.numbers.firstChild && this.picture) fill(this.numbers, asTable(this.picture));
  }

  /** Show the evidence for what is selected; an id that is not drawn is passed over. */
  tell(sel) {
    const { picture } = this;
    const node = sel && [picture.focus, ...picture.ancestors, ...picture.descendants].find((item) => item.id === sel);
    this.drawer.hidden = !node;
    if (!node || this.told === node.key + node.id) return;
    this.told = node.key + node.id;
    const ids = new Map([picture.focus, ...picture.ancestors, ...picture.descendants].map((item) => [item.key, item.id]));
    // The edge that gave it its place first, then others between what is drawn.
    const own = picture.edges.filter((edge) => (node.side === 'up'
      ? edge.parent === node.key && edge.child === node.towards
      : edge.child === node.key && edge.parent === node.towards));
    const further = picture.edges.filter((edge) => edge.extra && edge.child === node.key && !own.includes(edge));
    const edges = node.key === 'focus' ? [] : [...own, ...further].slice(0, 4).map((edge) => ({ child: ids.get(edge.child), parent: ids.get(edge.parent) }));
    const group = picture.groups.find((item) => item.behind === node.key);
    const actions = group && h('button', { type: 'button', class: 'btn sm', on: { click: () => this.open(group, { node }) } },
      `Open ${Math.min(10, group.n_direct)} of ${int(group.n)} ${group.side === 'up' ? 'above it' : 'on it'}`);
    evidence(this.drawer, { edges, id: node.id, onClose: () => this.close(node.id), actions: [actions] });
  }

  change(part, push = true) {
    const next = { ...this.state, ...part };
    write(next, push);
    return this.show(next);
  }

  pick(item) {
    this.told = null;
    this.change({ sel: item.node.id }, false).then(() => this.drawer.scrollIntoView({ block: 'nearest' }));
  }

  close(id) {
    this.told = null;
    this.change({ sel: null }, false).then(() => $(`[data-id="${CSS.escape(id)}"]`, this.list.hidden ? this.tree : this.list)?.focus());
  }

  async open(group, item) {
    const more = Math.min(10, group.n_direct);
    const id = item.node?.id ?? item.parent.node.id;
    const had = new Set([...this.picture.ancestors, ...this.picture.descendants].map((node) => node.id));
    if (!await this.change({ open: openMore(this.state.open, group.side, id, more) })) return;
    const [first] = [...this.picture.ancestors, ...this.picture.descendants].filter((node) => !had.has(node.id));
    this.status.textContent = `Opened ${more} more at ${short(id)}.`;
    // The rest that was pressed is gone: go on at what came out of it.
    const place = this.list.hidden ? this.tree : this.list;
    if (first) $(`[data-id="${CSS.escape(first.id)}"]`, place)?.focus({ preventScroll: true });
  }
}

// Page --------------------------------------------------------------------------------

async function artefactPage(shown, asked) {
  document.title = `${short(split(shown.id)[1], 80)} \u00b7 headwater`;
  const lineage = new Lineage((picture) => {
    fill($('#counts'), h('b', {}, int(picture.n_descendants)), ' descendants, ', h('b', {}, int(picture.n_ancestors)), ' ancestors');
  });
  const badge = (...children) => $('#found')?.append(...children);
  const side = h('div', { class: 'stack side' });
  const beside = () => fill(side, sideCards(shown, {
    onLicence: (answer) => answer.verdict === 'conflict' && badge(h('span', { class: 'badge bad' }, 'licence conflict'), ' '),
    onChokepoints: (answer) => {
      const [owner] = answer.by.find((sort) => sort.by === 'developer')?.singles ?? [];
      if (owner) badge(h('span', { class: 'badge warn' }, `captive to ${short(owner.name, 60)}`), ' ');
    },
  }));
  fill(box, head(shown), h('div', { class: 'art' }, h('div', { class: 'stack' }, lineage.element, knownCard(shown)), side));
  addEventListener('beforeprint', () => lineage.drawTable());
  addEventListener('popstate', () => (read().id === asked ? lineage.show(read()) : location.reload()));
  phone.addEventListener('change', () => lineage.layOut());
  await lineage.show({ ...read(), id: asked });
  // The picture first: what stands beside it asks questions of its own.
  beside();
}

async function start() {
  const { id } = read();
  if (!id) {
    location.replace(page('start'));
    return;
  }
  if (TARGETS.test(id)) {
    await ownerPage(box, id, null);
    return;
  }
  // The lineage is asked for beside the facts; owners have none, and say so by their name.
  if (!/^(@|developer:)/.test(id)) ask(read()).catch(() => {});
  const shown = await during(box, 'Looking it up\u2026', () => get(about(id)), { typed: id });
  if (!shown) {
    box.className = 'card lost';
    box.append(searchForm({ big: true, value: id }));
    return;
  }
  await (OWNERS.has(shown.kind) ? ownerPage(box, shown.id, shown) : artefactPage(shown, id));
}

start();
