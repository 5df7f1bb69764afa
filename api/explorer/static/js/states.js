// What a box shows while there is nothing yet, nothing at all, or something went wrong.
import { $, h, fill, short } from './dom.js';
import { glyph } from './marks.js';
import { nodePage, Problem } from './api.js';

const PATIENCE_MS = 300;

/** A page that shows nothing else has this as its title. */
const heading = (title) => h($('main h1') ? 'h2' : 'h1', { class: 'state-t' }, title);
const state = (mark, title, ...children) =>
  h('div', { class: 'state' }, mark && glyph(mark), heading(title), ...children);

/** Grey bars in the shape of what comes, and what is being read. */
export const loading = (reading) =>
  h('div', { class: 'state', role: 'status' },
    h('div', { class: 'sk w1' }), h('div', { class: 'sk w2' }), h('div', { class: 'sk w3' }),
    h('div', { class: 'sk w2 tall' }), h('p', {}, reading));

/** Nothing, and why that may be. */
export const empty = (title, ...children) => state('empty', title, ...children);

/** Links to what may have been meant. */
export const nearLinks = (near) =>
  h('ul', { class: 'near' }, near.slice(0, 8).map((item) => h('li', {},
    h('a', { href: nodePage(item.id) }, short(item.id)),
    item.name && item.name !== item.id && h('span', { class: 'mut' }, ' ', short(item.name)))));

/** The name as typed, and near matches as links. */
export const notFound = (typed, problem) =>
  problem.kind === 'ambiguous-name'
    ? state('search', 'Which one?',
      h('p', {}, h('b', {}, short(typed)), ' fits several things. Choose one:'),
      nearLinks(problem.near))
    : state('search', 'Not found',
      h('p', {}, 'Nothing is called ', h('b', {}, short(typed)), ' in this snapshot. ',
        problem.near.length
          ? 'Did you mean one of these?'
          : 'Check the spelling, or search for a part of the name.'),
      problem.near.length > 0 && nearLinks(problem.near));

/** What failed, whether trying again helps, and details to copy. */
export function failed(problem, retry) {
  const details = [problem.status || 'no answer', problem.url, problem.message].join(' \u00b7 ');
  const copy = h('button', {
    type: 'button', class: 'btn sm', on: { click: () => copyText(details, copy) },
  }, 'Copy details');
  return h('div', { class: 'state', role: 'alert' }, glyph('warn'), heading(problem.title),
    h('p', {}, problem.message),
    problem.isPassing && h('p', {}, 'Trying again may help; what you entered is kept.'),
    h('div', { class: 'btns' },
      retry && h('button', { type: 'button', class: 'btn sm pri', on: { click: retry } }, 'Try again'),
      copy));
}

/** Copy text, and say on the button whether it worked. */
export async function copyText(text, button) {
  const before = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = 'Copied';
  } catch {
    button.textContent = 'Copying is not allowed here';
  }
  setTimeout(() => { button.textContent = before; }, 1800);
}

/**
 * Run a question for a box: a skeleton after 300 ms, an error that helps if it fails.
 * @param box element that shows the state; the caller fills it on success
 * @param reading what is being read, "Reading the lineage…"
 * @param work `() => Promise`
 * @param typed what the user asked for, if it may not be found
 * @returns what `work` returns; undefined when it failed or was overtaken
 */
export async function during(box, reading, work, { typed } = {}) {
  const timer = setTimeout(() => fill(box, loading(reading)), PATIENCE_MS);
  box.setAttribute('aria-busy', 'true');
  try {
    return await work();
  } catch (error) {
    if (error.name === 'AbortError') return undefined;
    const problem = error instanceof Problem ? error : new Problem(-1, {
      title: 'This page failed', detail: `${error.message}. Reload the page; if it stays, report it.`,
    });
    if (!(error instanceof Problem)) console.error(error);
    box.replaceChildren();
    const missing = problem.status === 404 || problem.kind === 'ambiguous-name';
    fill(box, typed && missing
      ? notFound(typed, problem)
      : failed(problem, () => location.reload()));
    return undefined;
  } finally {
    clearTimeout(timer);
    box.removeAttribute('aria-busy');
  }
}
