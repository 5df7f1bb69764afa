// The frame of every page: top bar, search, theme, snapshot, foot. A page is
//   <body data-page="concentration"><header class="top"></header><main id="main">…</main>
// and its module imports this one first.
import { $, $$, day, fill, h, int, s } from './dom.js';
import { glyph } from './marks.js';
import { searchForm } from './search.js';
import { get, page } from './api.js';

const PAGES = [
  ['start', 'Find'], ['what-breaks', 'What breaks'], ['concentration', 'Concentration'],
  ['compare', 'Compare'], ['quality', 'Quality'],
];
const LOGO = new URL('../logo/logo.svg', import.meta.url).pathname;
const here = document.body.dataset.page;
const root = document.documentElement;

/** Figures of the snapshot, asked once a page; every page may await it. */
export const stats = get('stats');
stats.catch(() => {}); // who needs it sees the failure; the bar just shows no date

const logo = () => h('a', { class: 'brand', href: page('start'), 'aria-label': 'headwater, start page' },
  s('svg', { viewBox: '0 0 152 28', 'aria-hidden': 'true' },
    s('use', { href: LOGO + '#mark' }), s('use', { class: 'w', href: LOGO + '#word' })));

const navigation = () => h('nav', { class: 'nav', 'aria-label': 'Main' },
  h('ul', {}, PAGES.map(([name, text]) => h('li', {},
    h('a', { href: page(name), 'aria-current': here === name && 'page' }, text)))));

function switchTheme() {
  const dark = root.dataset.theme
    ? root.dataset.theme === 'dark'
    : matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = dark ? 'light' : 'dark';
  try {
    localStorage.setItem('hw-theme', root.dataset.theme);
  } catch {
    // Storage may be off; the choice then holds for this page.
  }
}

async function showSnapshot(box) {
  try {
    const { created, n_artefacts: n } = await stats;
    fill(box, 'Snapshot ', h('b', {}, day(created)));
    box.title = `${int(n)} artefacts; made ${created}`;
  } catch {
    fill(box, 'No snapshot');
  }
}

function drawFrame() {
  const snap = h('span', { class: 'snap' });
  document.body.prepend(h('a', { class: 'skip', href: '#main' }, 'Skip to the content'));
  fill($('header.top'), h('div', { class: 'wrap top-in' }, logo(), navigation(),
    here === 'start' ? h('span', { class: 'top-search' }) : searchForm(), snap,
    h('button', {
      type: 'button', class: 'icb', 'aria-label': 'Switch between light and dark', on: { click: switchTheme },
    }, glyph('theme'))));
  const foot = $('footer.foot') ?? document.body.appendChild(h('footer', { class: 'foot' }));
  fill(foot, h('div', { class: 'wrap' },
    h('p', {}, 'What is not declared is shown as unknown, never as safe. Findings on licences are information, not legal advice.'),
    h('p', { class: 'lk' }, h('a', { href: '/v1/openapi.json' }, 'API'))));
  showSnapshot(snap);
}

addEventListener('keydown', (event) => {
  const typing = document.activeElement?.matches('input, select, textarea, [contenteditable]');
  if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || typing) return;
  const field = $('.bigsearch input') || $('.top-search input');
  if (field) {
    event.preventDefault();
    field.focus();
  }
});

addEventListener('snapshot', ({ detail }) => {
  if ($('.moved')) return;
  $('main').prepend(h('p', { class: 'note moved', role: 'status' },
    `The server has moved on to snapshot ${detail.to}. What you see is in part from ${detail.from}. `,
    h('button', { type: 'button', class: 'btn sm', on: { click: () => location.reload() } }, 'Reload')));
});

// On paper both views of a figure are printed, whichever is shown.
addEventListener('beforeprint', () => $$('details').forEach((item) => { item.open = true; }));

drawFrame();
