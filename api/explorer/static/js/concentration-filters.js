// What the concentration is asked about: weight, owners, split, selection, time.
import { stats } from './shell.js';
import { day, fill, h, short } from './dom.js';
import { get } from './api.js';
import { select } from './report.js';

/** Each part of the state: its default, its choices or free text, and its name. */
export const FIELDS = {
  weight: { otherwise: 'models', name: 'Count', options: [['models', 'Models'], ['downloads', 'Downloads'], ['likes', 'Likes'], ['parameters', 'Parameters']] },
  by: { otherwise: 'developer', name: 'Owners', options: [['developer', 'by developer'], ['namespace', 'by namespace'], ['root', 'by root model'], ['dataset', 'by dataset']] },
  attribution: { otherwise: 'fractional', name: 'Attribution', options: [['fractional', 'Fractional'], ['fractional-roots', 'Fractional over roots'], ['any', 'Any'], ['captive', 'Captive']] },
  size: { otherwise: '', name: 'Size', options: [['', 'All sizes'], ['under-1b', 'under 1 B'], ['1b-10b', '1 to 10 B'], ['10b-100b', '10 to 100 B'], ['over-100b', 'over 100 B']] },
  access: { otherwise: '', name: 'Access', options: [['', 'Any access'], ['open', 'open'], ['gated', 'gated'], ['api', 'API only'], ['closed', 'closed'], ['gone', 'gone']] },
  task: { otherwise: '', name: 'Task', all: 'All tasks' },
  licence: { otherwise: '', name: 'Licence', all: 'All licences' },
  language: { otherwise: '', name: 'Language', all: 'All languages' },
  library: { otherwise: '', name: 'Library', all: 'All libraries' },
  as_of: { otherwise: '', name: 'As of', date: true },
  length: { otherwise: 'month', name: 'Periods', options: [['month', 'by month'], ['quarter', 'by quarter']] },
  flow: { otherwise: 'stock', name: 'Over time', options: [['stock', 'Stock'], ['flow', 'Flow']] },
};
/** The parts of the state that select models. */
export const SELECTING = ['task', 'licence', 'size', 'language', 'library', 'access'];

/** The selection in words, for the source line of a figure. */
export const filterWords = (state) => {
  const set = SELECTING.filter((name) => state[name]);
  return set.length ? `; only ${set.map((name) => `${name} ${short(state[name], 60)}`).join(', ')}` : '';
};

let values = null;
/** What the snapshot knows of tasks, licences and so on; asked once. */
const known = () => (values ??= get('values').catch(() => ({})));

function freeText(name, state, change) {
  const { all, name: label } = FIELDS[name];
  const input = h('input', {
    class: 'own', id: `f-${name}`, list: `l-${name}`, value: state[name], placeholder: all, maxlength: 200, autocomplete: 'off', spellcheck: 'false',
    'aria-label': label, on: { change: (event) => change({ [name]: event.target.value.trim() }) },
  });
  const list = h('datalist', { id: `l-${name}` });
  known().then((found) => fill(list, (found[name] ?? []).slice(0, 300).map((item) => h('option', { value: item.value ?? item }))));
  return [input, list];
}

const chip = (name, [key, words], state, change) => h('button', {
  type: 'button', class: 'chip', 'aria-pressed': String(state[name] === key), 'data-value': key, on: { click: () => change({ [name]: key }) },
}, words);

/** Draw the bar; a change asks anew. */
export function drawFilters(box, state, change, reset) {
  const focused = document.activeElement?.id;
  const isSet = Object.entries(state).some(([name, value]) => value !== FIELDS[name].otherwise);
  const selects = (names) => names.map((name) => select(`f-${name}`, FIELDS[name].name, FIELDS[name].options, state[name], (value) => change({ [name]: value })));
  const group = (label, ...parts) => h('div', { class: 'group', role: 'group', 'aria-label': label }, h('span', { class: 'lab', 'aria-hidden': 'true' }, label), parts);
  fill(box,
    group('Count', FIELDS.weight.options.map((option) => chip('weight', option, state, change))),
    group('Shares', selects(['by', 'attribution'])),
    group('Over time', selects(['length', 'flow'])),
    group('As of', h('input', {
      type: 'date', class: 'own', id: 'f-as_of', value: state.as_of, 'aria-label': 'As of', on: { change: (event) => change({ as_of: event.target.value }) },
    })),
    group('Only', freeText('task', state, change), freeText('licence', state, change), selects(['size', 'access']),
      freeText('language', state, change), freeText('library', state, change)),
    isSet && h('button', {
      type: 'button', class: 'btn sm', on: { click: () => reset(Object.fromEntries(Object.entries(FIELDS).map(([name, field]) => [name, field.otherwise]))) },
    }, 'Reset'));
  box.onsubmit = (event) => event.preventDefault();
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  stats.then(({ created }) => { const date = box.querySelector('#f-as_of'); if (date) date.max = day(created); }, () => {});
}
