// The search field: a combobox with suggestions from the server.
// https://www.w3.org/WAI/ARIA/apg/patterns/combobox/
import { h, fill, int, short } from './dom.js';
import { glyph } from './marks.js';
import { get, nodePage, page } from './api.js';

const ROWS = 8;
const PAUSE_MS = 120;
const LONGEST = 200;
let made = 0;

/** An id with the matching part marked. */
function marked(text, wanted) {
  const at = text.toLowerCase().indexOf(wanted.toLowerCase());
  if (at < 0 || !wanted) return [text];
  return [text.slice(0, at), h('mark', {}, text.slice(at, at + wanted.length)), text.slice(at + wanted.length)];
}

const OWNERS = new Set(['developer', 'namespace']);
const facts = (hit) => {
  if (hit.kind === 'family') return `family of ${int(hit.n_children)}`;
  if (OWNERS.has(hit.kind)) return hit.kind;
  return hit.n_children > 0 ? `${int(hit.n_children)} directly on it` : '';
};

/**
 * Make a search form.
 * @param big the large one of the start page, else the one in the top bar
 * @param pick `(id) => void`; by default the node's page opens
 */
export function searchForm({ big = false, pick = (id) => location.assign(nodePage(id)), value = '' } = {}) {
  const listId = `suggestions-${++made}`;
  const list = h('ul', { id: listId, class: 'sugg', role: 'listbox', 'aria-label': 'Suggestions', hidden: true });
  const note = h('p', { class: 'sugg sugg-note', role: 'status', hidden: true });
  const label = 'Find a model, dataset, application, namespace, developer or family';
  const input = h('input', {
    type: 'search', name: 'id', value, maxlength: LONGEST, role: 'combobox',
    'aria-label': label, 'aria-expanded': 'false', 'aria-controls': listId,
    'aria-autocomplete': 'list', autocomplete: 'off', autocapitalize: 'off', spellcheck: 'false',
    placeholder: big ? 'Model, dataset or developer' : 'Find a model or dataset',
  });
  let hits = [];
  let at = -1;
  let timer = 0;
  let pending = null;

  const close = () => {
    list.hidden = note.hidden = true;
    at = -1;
    input.setAttribute('aria-expanded', 'false');
    input.removeAttribute('aria-activedescendant');
  };
  const select = (next) => {
    at = (next + hits.length) % hits.length;
    [...list.querySelectorAll('[role=option]')].forEach((row, i) => {
      row.setAttribute('aria-selected', String(i === at));
      if (i === at) row.scrollIntoView({ block: 'nearest' });
    });
    input.setAttribute('aria-activedescendant', `${listId}-${at}`);
  };
  const row = (hit, i, wanted) => h('li', {
    role: 'option', id: `${listId}-${i}`, 'aria-selected': 'false',
    // pointerdown would pick what a finger only scrolls over; blur must not come first.
    on: { mousedown: (event) => event.preventDefault(), click: () => pick(hit.id) },
  }, glyph(hit.kind),
  h('span', { class: 'id' }, marked(short(hit.id, LONGEST), wanted),
    hit.name && hit.name !== hit.id && h('span', { class: 'mut' }, ' ', marked(short(hit.name, 60), wanted))),
  h('span', { class: 'k' }, facts(hit)));
  const say = (...text) => {
    list.hidden = true;
    fill(note, ...text).hidden = false;
    input.setAttribute('aria-expanded', 'false');
  };
  const show = (wanted) => {
    const isNear = hits.every((hit) => hit.match === 'near');
    if (!hits.length) {
      say('Nothing is called like that in this snapshot. Try a part of the name.');
      return;
    }
    fill(list, isNear && h('li', { class: 'near-head', role: 'presentation' }, 'No such name. Close to it:'),
      hits.map((hit, i) => row(hit, i, wanted)));
    note.hidden = true;
    list.hidden = false;
    input.setAttribute('aria-expanded', 'true');
  };
  const suggest = async () => {
    const wanted = input.value.trim();
    pending?.abort();
    at = -1;
    input.removeAttribute('aria-activedescendant');
    if (!wanted) {
      close();
      return;
    }
    pending = new AbortController();
    try {
      const answer = await get('suggest', { q: wanted, limit: ROWS }, { signal: pending.signal });
      hits = answer.suggestions;
      if (document.activeElement === input) show(wanted);
    } catch (error) {
      if (error.name !== 'AbortError') say(error.message);
    }
  };
  const keys = {
    ArrowDown: () => hits.length && !list.hidden && select(at + 1),
    ArrowUp: () => hits.length && !list.hidden && select(at < 0 ? hits.length - 1 : at - 1),
    Escape: () => !list.hidden || !note.hidden ? (close(), true) : false,
    Enter: () => at >= 0 && !list.hidden && (pick(hits[at].id), true),
  };
  input.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(suggest, PAUSE_MS);
  });
  input.addEventListener('focus', () => input.value.trim() && suggest());
  input.addEventListener('blur', close);
  input.addEventListener('keydown', (event) => {
    const done = keys[event.key]?.();
    if (done !== false && done !== undefined && done !== 0) event.preventDefault();
  });
  const submit = (event) => {
    event.preventDefault();
    const typed = input.value.trim();
    if (typed) pick(typed);
    else input.focus();
  };
  return h('form', {
    class: big ? 'bigsearch' : 'top-search', role: 'search', action: page('artefact'), on: { submit },
  }, glyph('search'), input,
  big ? h('button', { class: 'btn pri', type: 'submit' }, 'Look up') : h('kbd', { 'aria-hidden': 'true' }, '/'),
  list, note);
}
