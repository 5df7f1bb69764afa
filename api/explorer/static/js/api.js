// Questions to the server. Each answer is JSON; each error a problem (RFC 9457) with a
// sentence that says what to do next. Nothing here ever leaves this origin.

const API = new URL('/v1/', location.origin);
const PAGES = new URL('../../', import.meta.url);
const KEPT = 60;

/** Path and query of an address; lists are repeated, null and '' left out. */
function withQuery(url, query) {
  for (const key in query) {
    for (const value of [query[key]].flat()) {
      if (value != null && value !== '') url.searchParams.append(key, value);
    }
  }
  return url.pathname + url.search;
}

/** Address of a page of the explorer: `page('artefact', {id})`; 'start' is the first one. */
export function page(name, query = {}) {
  return withQuery(new URL(name === 'start' ? '.' : name, PAGES), query);
}

/** Path of a question about one node: an id may hold slashes and anything else. */
export const about = (id, what) => `artefacts/${encodeURIComponent(id)}${what ? '/' + what : ''}`;

/** The page that tells about a node, whatever its kind. */
export const nodePage = (id) => page('artefact', { id });

/** Address of a question: `address('search', {q: 'llama', limit: 8})`. */
export function address(path, query = {}) {
  const url = new URL(path, API);
  if (!url.pathname.startsWith(API.pathname)) throw new Error(`${path} is no question`);
  return withQuery(url, query);
}

/** What went wrong, in the words of the server where it had any. */
export class Problem extends Error {
  constructor(status, { title, detail, near, type } = {}, url = '') {
    super(detail || title || `The server answered ${status}.`);
    this.status = status;
    this.title = title || (status ? `The server answered ${status}` : 'The server did not answer');
    this.near = Array.isArray(near) ? near : [];
    this.kind = typeof type === 'string' ? type.split(':').pop() : '';
    this.url = url;
  }

  /** Whether the same question may do better later. */
  get isPassing() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

// Answers by address with their ETag: asked again, the server may say "as before" in no bytes.
const known = new Map();
// Questions under way, so that two parts of a page that ask the same thing ask it once.
const underWay = new Map();
let snapshot = null;

function remember(url, tag, body) {
  known.delete(url);
  known.set(url, { tag, body });
  if (known.size > KEPT) known.delete(known.keys().next().value);
}

/** Tell the page when the server has moved on to another snapshot. */
function notice(body) {
  const id = body?.snapshot;
  if (typeof id !== 'string') return;
  if (snapshot && snapshot !== id) {
    known.clear();
    dispatchEvent(new CustomEvent('snapshot', { detail: { from: snapshot, to: id } }));
  }
  snapshot = id;
}

async function ask(url, options) {
  try {
    return await fetch(url, { credentials: 'same-origin', redirect: 'error', ...options });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Problem(0, {
      title: 'The server did not answer',
      detail: 'Is it still running? Start it with "headwater serve", then try again.',
    }, url);
  }
}

async function read(response, url) {
  let body = null;
  try {
    body = await response.json();
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    if (response.ok) {
      throw new Problem(response.status, { detail: 'The answer was cut off. Try again.' }, url);
    }
  }
  if (!response.ok) throw new Problem(response.status, body ?? {}, url);
  return body;
}

async function once(url, signal) {
  const before = known.get(url);
  const headers = { accept: 'application/json' };
  if (before) headers['if-none-match'] = before.tag;
  const response = await ask(url, { headers, signal });
  if (response.status === 304 && before) return before.body;
  const body = await read(response, url);
  const tag = response.headers.get('etag');
  if (tag) remember(url, tag, body);
  notice(body);
  return body;
}

/**
 * Ask the server.
 * @param path below /v1/, for example 'search'
 * @param query values to send; null and '' are left out, lists are repeated
 * @throws {Problem} in every case but an abort
 */
export function get(path, query = {}, { signal } = {}) {
  const url = address(path, query);
  if (signal) return once(url, signal);
  if (!underWay.has(url)) {
    underWay.set(url, once(url).finally(() => underWay.delete(url)));
  }
  return underWay.get(url);
}

/**
 * Ask with a body, for what does not fit an address or is nobody else's business.
 * @returns the object that was answered; of a `query` with another format the text of it
 */
export async function post(path, data, { query = {}, signal } = {}) {
  const url = address(path, query);
  const response = await ask(url, {
    method: 'POST',
    headers: { accept: query.format ? '*/*' : 'application/json', 'content-type': 'application/json' },
    body: JSON.stringify(data),
    signal,
  });
  if (query.format && response.ok) return response.blob();
  const body = await read(response, url);
  notice(body);
  return body;
}

/** Let the browser save what was answered as a file. */
export function save(blob, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
