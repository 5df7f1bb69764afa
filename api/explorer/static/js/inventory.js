// Somebody's own list of artefacts: pasted or from a file, read here. It is in no address and
// no storage of the browser; it leaves the page only in the body of a question, and the server
// keeps nothing of it.
import { count, fill, h, int } from './dom.js';

const MOST_IDS = 100_000;
const MOST_BYTES = 4 * 2 ** 20;
const TITLE = 'Check your own models';
const ID_COLUMNS = ['id', 'model', 'model_id', 'repo_id', 'name'];

const bare = (id) => String(id).trim().replace(/^https:\/\/huggingface\.co\//, '').replace(/\/$/, '');
const cells = (line) => [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)]
  .map(([, cell]) => cell.trim().replace(/^"(.*)"$/s, '$1').replaceAll('""', '"'));

function ofObject(value) {
  if (typeof value === 'string') return value;
  const named = Object.entries(value ?? {}).find(([name]) => ID_COLUMNS.includes(name.toLowerCase()));
  return typeof named?.[1] === 'string' ? named[1] : '';
}

/** The ids of a list: one a line, CSV with or without a header, JSON or JSON lines. */
export function readInventory(text) {
  const whole = text.replace(/^\ufeff/, '').trim();
  if (whole.startsWith('[')) return JSON.parse(whole).map(ofObject).map(bare).filter(Boolean);
  const lines = whole.split(/\r?\n/).map((line) => line.trim()).filter((line) => line && !line.startsWith('#'));
  if (/^[{]/.test(lines[0] ?? '')) return lines.map((line) => bare(ofObject(JSON.parse(line)))).filter(Boolean);
  const head = cells(lines[0] ?? '').map((cell) => cell.toLowerCase());
  const column = ID_COLUMNS.map((name) => head.indexOf(name)).find((place) => place >= 0);
  return lines.slice(column == null ? 0 : 1).map((line) => bare(cells(line)[column ?? 0] ?? '')).filter(Boolean);
}

/**
 * The form for it.
 * @param change `(ids or null) => void`, when a list was read or taken away
 */
export function inventoryForm(box, change) {
  const area = h('textarea', {
    id: 'own-ids', rows: 5, spellcheck: 'false', autocomplete: 'off', autocapitalize: 'off',
    placeholder: 'lmsys/vicuna-7b-v1.5\nopenai-community/gpt2\ndatasets/EleutherAI/pile',
  });
  const file = h('input', { id: 'own-file', type: 'file', accept: '.txt,.csv,.json,.jsonl,.ndjson,text/plain,text/csv,application/json', class: 'vh' });
  const title = h('summary', {}, TITLE);
  const told = h('p', { class: 'told', role: 'status' });
  const clear = h('button', { type: 'button', class: 'btn sm', hidden: true }, 'Take it away');
  const use = (text) => {
    let ids = [];
    try {
      ids = readInventory(text);
    } catch (error) {
      fill(told, h('b', {}, 'That is no list: '), `${error.message}. Write one id a line.`);
      return;
    }
    const much = ids.length > MOST_IDS || text.length > MOST_BYTES;
    fill(told, !ids.length ? 'There is no id in it. Write one a line.'
      : much ? `Too long: ${int(ids.length)} ids. At most ${int(MOST_IDS)} and ${MOST_BYTES / 2 ** 20} MiB; the command line takes more.`
        : '');
    if (!ids.length || much) return;
    clear.hidden = false;
    title.textContent = `Your own models: ${count(ids.length, 'id')}`;
    box.open = false;
    change(ids);
  };
  clear.addEventListener('click', () => {
    area.value = '';
    file.value = '';
    clear.hidden = true;
    fill(told);
    title.textContent = TITLE;
    change(null);
    area.focus();
  });
  file.addEventListener('change', async () => {
    const [one] = file.files;
    if (!one) return;
    if (one.size > MOST_BYTES) {
      fill(told, `${one.name} is larger than ${MOST_BYTES / 2 ** 20} MiB.`);
      return;
    }
    area.value = await one.text();
    use(area.value);
  });
  const form = h('form', { on: { submit: (event) => { event.preventDefault(); use(area.value); } } },
    h('label', { for: 'own-ids' }, 'One id a line, or CSV, or JSON'), area,
    h('p', { class: 'btns' }, h('button', { type: 'submit', class: 'btn sm pri' }, 'Check these'), file,
      h('label', { for: 'own-file', class: 'btn sm' }, 'Choose a file'), clear),
    told,
    h('p', { class: 'sec' }, 'The list stays in this page. It goes to this server with the question alone, and nothing of it is kept: not in the address, not in the browser, not in a log.'));
  fill(box, title, form);
}
