// What a scenario does to somebody's own list, beside what it does to everything.
import { $, count, fill, h, int, pct, short } from './dom.js';
import { glyph, swatch, VERDICT } from './marks.js';
import { post, save } from './api.js';
import { during, empty } from './states.js';
import { touched } from './charts.js';
import { latest } from './report.js';
import { worstTable } from './breaks-tables.js';

const ROWS = 25;
const MOST_ROWS = 1000;
const NAMED = 12;
const begin = latest();

let ids = null;
let answer = null;
let rows = ROWS;

const body = (asked, events) => ({ targets: asked.target, events, inventory: ids, as_of: asked.as_of });
const share = (counts, name) => {
  const all = touched(counts) + counts.unaffected + counts.unknown;
  return all ? (name ? counts[name] : touched(counts)) / all : null;
};

/** Each verdict's share of one's own and of everything, as two bars and two numbers. */
function beside(own, whole) {
  const bar = (counts, name, cls) => counts[name] > 0 && h('i', {
    class: `${cls} v-${name}`, 'aria-hidden': 'true', css: { width: `${Math.max(0.5, 100 * share(counts, name))}%` },
  });
  return h('table', { class: 'beside' },
    h('caption', { class: 'vh' }, 'Your own beside everything, by verdict'),
    h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'Verdict'), h('th', { scope: 'col', class: 'num' }, 'Yours'),
      h('th', { scope: 'col', class: 'num' }, 'Share'), h('th', { scope: 'col', class: 'num' }, 'Of all'), h('td', {}))),
    h('tbody', {}, Object.keys(own).map((name) => h('tr', { 'data-verdict': name },
      h('th', { scope: 'row' }, swatch(name), glyph(name), VERDICT[name]),
      h('td', { class: 'num' }, int(own[name])), h('td', { class: 'num' }, pct(share(own, name))),
      h('td', { class: 'num mut' }, pct(share(whole, name))),
      h('td', { class: 'bars' }, bar(own, name, 'vfill'), bar(whole, name, 'vfill of'))))));
}

const list = (title, names, words) => names.length > 0 && h('div', { class: 'left' },
  h('h3', {}, `${title}: ${int(names.length)}`), h('p', { class: 'sec' }, words),
  h('p', { class: 'ids' }, names.slice(0, NAMED).map((id) => h('span', { class: 'id' }, short(id, 120))),
    names.length > NAMED && h('span', { class: 'mut' }, `and ${int(names.length - NAMED)} more`)));

function head(asked, own, whole) {
  const hit = touched(own);
  const { inventory } = answer;
  const judged = answer.outside;
  return [
    h('h2', { id: 'h-own' }, judged
      ? `${int(hit)} of ${judged === 1 ? 'your one artefact' : `your ${count(judged, 'artefact')}`} ${hit === 1 ? 'is' : 'are'} touched`
      : 'All that you named is part of the target'),
    h('p', { class: 'sec' }, judged > 0 && `${pct(share(own))} of them, ${pct(share(whole))} of everything outside the target. `,
      own.unknown > 0 && `For ${int(own.unknown)} nobody has said what they stand on: unknown, not safe. `,
      `${count(inventory.n_ids, 'id')} given, ${count(inventory.n_artefacts, 'artefact')} found.`),
  ];
}

async function download(asked, format) {
  const answered = await post('what-breaks', body(asked, [asked.event]), { query: { format } });
  save(answered, `my-what-breaks-${asked.event}.${format}`);
}

function draw(asked, whole) {
  const found = answer.events[asked.event];
  const own = found.counts;
  const hit = touched(own);
  const { inventory } = answer;
  const more = found.victims.length < hit && rows < MOST_ROWS;
  const failed = h('div', {});
  const button = (format) => h('button', {
    type: 'button', class: 'btn sm', on: { click: () => during(failed, 'Reading all of them\u2026', () => download(asked, format)) },
  }, format.toUpperCase());
  const bill = h('button', {
    type: 'button', class: 'btn sm', title: 'All that they stand on, as CycloneDX',
    on: { click: () => during(failed, 'Reading what they stand on\u2026', async () => save(
      new Blob([JSON.stringify(await post('bom', { inventory: ids }), null, 1)], { type: 'application/json' }), 'my-models.cdx.json')) },
  }, 'Bill of materials');
  fill($('#own'), h('div', { class: 'fig-head' }, h('div', {}, head(asked, own, whole)), h('div', { class: 'btns' }, hit > 0 && ['csv', 'ndjson'].map(button), bill)),
    failed,
    h('div', { class: 'own-parts' },
      answer.outside > 0 && beside(own, whole),
      h('div', {},
        list('Not in this snapshot', inventory.unresolved, 'Nothing here has these ids. What they stand on is unknown, which is not safe.'),
        list('Part of the target', inventory.in_target, 'They are what goes away themselves.'),
        list('No artefacts', inventory.not_artefacts, 'Namespaces and developers have no verdict; name what they published.'))),
    found.victims.length > 0 && h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Your own that are touched, with the proof' }, worstTable(found.victims)),
    hit > found.victims.length && h('div', { class: 'more' }, h('span', {}, `${int(found.victims.length)} of ${int(hit)} shown. `),
      more && h('button', { type: 'button', class: 'btn sm', on: { click: () => { rows = Math.min(MOST_ROWS, rows * 4); showOwn(asked, whole, true); } } }, 'Show more')),
    !hit && answer.outside > 0 && empty('None of yours is known to stand on it',
      h('p', {}, own.unknown ? 'Those that are unknown may: nobody has said what they stand on.' : 'Of all of them somebody has said what they stand on.')));
}

/** Put what happens to one's own on each event card. */
function markCards() {
  for (const old of document.querySelectorAll('.ev .yours')) old.remove();
  if (!answer) return;
  for (const [name, { counts }] of Object.entries(answer.events)) {
    $(`.ev[data-event=${name}] .n`)?.after(h('span', { class: 'yours' }, 'of yours ', h('b', {}, int(touched(counts))), `, ${pct(share(counts))}`));
  }
}

/** Take another list, or none. */
export function setOwn(list_) {
  ids = list_;
  answer = null;
  rows = ROWS;
}

/**
 * Show one's own for the scenario that is shown.
 * @param asked `{target, event, as_of}`
 * @param whole verdict counts of everything
 */
export async function showOwn(asked, whole, again = false) {
  const box = $('#own');
  const signal = begin();
  box.hidden = !ids;
  if (!ids) {
    fill(box);
    markCards();
    return;
  }
  const key = JSON.stringify([asked.target, asked.as_of]);
  if (answer?.key !== key || again) {
    answer = null;
    const found = await during(box, 'Looking up your own\u2026', () => post('what-breaks', body(asked, []), { query: { limit: rows }, signal }));
    if (!found || signal.aborted) return;
    answer = { ...found, key };
  }
  draw(asked, whole);
  markCards();
}
