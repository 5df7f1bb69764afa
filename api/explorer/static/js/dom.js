// The only way data reaches a page. Text becomes text nodes, never markup; attributes that
// could run something are refused; bidirectional and control characters are made visible.

const SVG = 'http://www.w3.org/2000/svg';
const LONGEST = 2000;
// Control and format characters (bidirectional marks too) except the joiners that scripts need.
const UNSEEN = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/gu;
const SPACES = /[\t\n\r\v\f\u0085\u2028\u2029]/g;

/** Text that cannot reorder, hide or flood what stands around it. */
export function clean(value, longest = LONGEST) {
  const text = String(value);
  const kept = text.slice(0, longest + 1).replace(SPACES, ' ').replace(UNSEEN, '\ufffd');
  return text.length > longest ? kept.slice(0, longest - 1) + '\u2026' : kept;
}

/** A foreign name or id, short enough for a label. */
export const short = (value, longest = 120) => clean(value, longest);

/** The address if it leads to this site or over HTTP elsewhere; null if it would run something. */
export function safeUrl(value) {
  try {
    const url = new URL(value, document.baseURI);
    return ['http:', 'https:'].includes(url.protocol) ? String(value) : null;
  } catch {
    return null;
  }
}

function setAttribute(element, name, value) {
  if (value == null || value === false) return;
  if (name === 'on') {
    for (const type in value) element.addEventListener(type, value[type]);
  } else if (name === 'css') {
    for (const property in value) element.style.setProperty(property, value[property]);
  } else if (/^on|^style$|^srcdoc$/i.test(name)) {
    throw new Error(`attribute ${name} is not allowed`);
  } else if (/^(href|src|action|formaction)$/i.test(name)) {
    const url = safeUrl(value);
    if (url != null) element.setAttribute(name, url);
  } else {
    element.setAttribute(name, value === true ? '' : clean(value));
  }
}

function build(element, attributes, children) {
  for (const name in attributes) setAttribute(element, name, attributes[name]);
  for (const child of children.flat(Infinity)) {
    if (child == null || child === false) continue;
    element.append(child instanceof Node ? child : clean(child));
  }
  return element;
}

/** An HTML element: `h('a', {href, class, on: {click}, css: {'--w': '3px'}}, ...children)`. */
export const h = (tag, attributes = {}, ...children) =>
  build(document.createElement(tag), attributes, children);

/** An SVG element, the same way. */
export const s = (tag, attributes = {}, ...children) =>
  build(document.createElementNS(SVG, tag), attributes, children);

export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

/** Replace what is in a box. */
export const fill = (box, ...children) => {
  box.replaceChildren();
  return build(box, {}, children);
};

// Numbers. Unknown is a word of its own, never 0 and never blank.
const THOUSANDS = new Intl.NumberFormat('en');
export const UNKNOWN = 'unknown';
export const int = (n) => (n == null ? UNKNOWN : THOUSANDS.format(Math.round(n)));
/** A share; one that is there and would round to nothing says so. */
export const pct = (share, digits = 1) => {
  if (share == null) return UNKNOWN;
  const least = 10 ** -digits;
  return share > 0 && 100 * share < least / 2 ? `<${least.toFixed(digits)}\u00a0%` : (100 * share).toFixed(digits) + '\u00a0%';
};
export const kilo = (n) => {
  if (n == null) return UNKNOWN;
  if (n >= 1e9) return (n / 1e9).toFixed(1) + '\u00a0B';
  if (n >= 1e6) return (n / 1e6).toFixed(1) + '\u00a0M';
  return n >= 1e4 ? Math.round(n / 1e3) + '\u00a0k' : int(n);
};
/** "1 model", "12,381 models". */
export const count = (n, one, many = one + 's') => `${int(n)} ${n === 1 ? one : many}`;
/** The day of a timestamp: dates are ISO everywhere. */
export const day = (time) => (time == null ? UNKNOWN : String(time).slice(0, 10));

/** "org/name" in two: who, and what. */
export const split = (id) => {
  const at = id.lastIndexOf('/');
  return at < 0 ? ['', id] : [id.slice(0, at), id.slice(at + 1)];
};

/** A name in two: the head may be cut on screen, the telling tail never is. */
export const tail = (name) => {
  if (name.length < 22) return [name, ''];
  const match = name.match(/[-._][^-._]+([-._][^-._]+)?$/);
  const length = match && match[0].length < 15 ? match[0].length : 8;
  return [name.slice(0, -length), name.slice(-length)];
};

/**
 * A table of data; on phones each row becomes a block (`cls: 'stk'`).
 * @param columns `{t: heading, num: right-aligned, l: label on phones}` each
 * @param rows arrays of cells (text or nodes); the first cell heads its row
 */
export const table = (columns, rows, { caption, cls } = {}) =>
  h('table', { class: cls },
    caption && h('caption', {}, caption),
    h('thead', {}, h('tr', {}, columns.map((c) =>
      h('th', { scope: 'col', class: c.num && 'num' }, c.t)))),
    h('tbody', {}, rows.map((row) => h('tr', {}, row.map((cell, i) => (i
      ? h('td', { class: columns[i].num && 'num', 'data-l': columns[i].l }, cell)
      : h('th', { scope: 'row', class: columns[0].num && 'num' }, cell)))))));
