// What the pages of answers share: state in the address, lists beside a report, figures in a row.
import { fill, h, int } from './dom.js';

/** What the address asks for: `{name: [values]}`; a name that is not there has none. */
export function asked() {
  const query = new URLSearchParams(location.search);
  return Object.fromEntries([...new Set(query.keys())].map((name) => [name, query.getAll(name).filter(Boolean)]));
}

/** Write the state into the address; lists are repeated, empty values left out. */
export function remember(state, { replace = false } = {}) {
  const query = new URLSearchParams();
  const theme = new URLSearchParams(location.search).get('theme');
  for (const [name, value] of Object.entries({ ...state, theme })) {
    for (const one of [value].flat()) if (one != null && one !== '') query.append(name, one);
  }
  const address = location.pathname + (query.size ? '?' + query : '');
  if (address === location.pathname + location.search) return;
  history[replace ? 'replaceState' : 'pushState'](null, '', address);
}

/** The list beside a report. An item is `{text, n, pick, current}`. */
export const contents = (box, items) => fill(box, items.map(({ text, n, href, pick, current }) =>
  h('a', { href, 'aria-current': current && 'true', on: pick && { click: pick } }, text,
    h('span', { class: 'num' }, typeof n === 'number' ? int(n) : n))));

/** Figures in a row: `[label, value, note]` each. */
export const numbers = (box, list) => fill(box, list.map(([label, value, note]) =>
  h('div', { class: 'stat' }, h('span', { class: 'l' }, label), h('span', { class: 'v' }, value), h('span', { class: 'n' }, note))));

/** A select; options are `[value, words]`. */
export const select = (id, label, options, value, change) =>
  h('span', { class: 'sel sm' }, h('label', { class: 'vh', for: id }, label),
    h('select', { id, on: { change: (event) => change(event.target.value) } },
      options.map(([key, words]) => h('option', { value: key, selected: key === value }, words))));

/** Run one thing at a time: a later call makes the earlier one stop. */
export function latest() {
  let running = null;
  return () => {
    running?.abort();
    running = new AbortController();
    return running.signal;
  };
}
