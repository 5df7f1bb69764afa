// Draws the picture on the canvas of vis-network, which pans, zooms and finds what is
// under the pointer. All text goes through fillText or innerText: none of it is markup.
(() => {
  "use strict";
  const data = JSON.parse(document.getElementById("data").textContent);
  const host = document.getElementById("canvas");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const byId = new Map(data.nodes.map((node) => [node.id, node]));
  const glyphs = {};
  for (const [name, look] of Object.entries(data.looks)) glyphs[name] = new Path2D(look.glyph);
  const sans = getComputedStyle(document.body).fontFamily;
  const FONT = { name: `600 13px ${sans}`, plain: `13px ${sans}`, small: `12px ${sans}`, focus: `600 15px ${sans}` };
  const SMALLEST = 12, ZOOM = { least: 0.92, most: 1.2, far: 0.3, near: 4 };
  const HEADING = 30, MARGIN = 20;
  let shade = dark.matches ? 1 : 0;
  let lit = null; // keys on the way from what is hovered to the focus
  let touched = false;

  const ink = (token) => data.surfaces[token][shade];
  const colour = (relation) => (relation ? data.looks[relation][shade ? "dark" : "light"] : ink("ink-3"));
  const int = (n) => n.toLocaleString("en");

  // ---- text ------------------------------------------------------------------
  const measured = new Map();
  const width = (ctx, text) => {
    const key = ctx.font + text;
    if (!measured.has(key)) measured.set(key, ctx.measureText(text).width);
    return measured.get(key);
  };
  // The end of a name tells versions and formats apart, so the middle goes.
  const squeeze = (ctx, text, room) => {
    if (width(ctx, text) <= room) return text;
    const letters = [...text];
    const tail = Math.min(10, Math.floor(letters.length / 2));
    let low = 0, high = letters.length - tail;
    const cut = (n) => letters.slice(0, n).join("") + "…" + letters.slice(-tail).join("");
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (width(ctx, cut(middle)) <= room) low = middle; else high = middle - 1;
    }
    return low ? cut(low) : "…" + letters.slice(-Math.max(1, tail - 4)).join("");
  };
  const write = (ctx, text, x, y, font, fill, align = "left") => {
    ctx.font = font; ctx.fillStyle = fill; ctx.textAlign = align; ctx.textBaseline = "middle";
    ctx.fillText(text, x, y);
  };

  // ---- shapes ----------------------------------------------------------------
  const outline = (ctx, node, radius) => {
    ctx.beginPath();
    ctx.roundRect(node.x - node.width / 2, node.y - node.height / 2, node.width, node.height, radius);
  };
  const glyph = (ctx, relation, x, y) => {
    ctx.save();
    ctx.translate(x, y - 6); ctx.scale(12 / 14, 12 / 14);
    ctx.strokeStyle = colour(relation); ctx.lineWidth = 1.8; ctx.lineCap = ctx.lineJoin = "round";
    ctx.stroke(glyphs[relation]);
    ctx.restore();
  };
  const hatch = (ctx, node) => {
    ctx.save();
    outline(ctx, node, 4); ctx.clip(); ctx.beginPath();
    const left = node.x - node.width / 2, top = node.y - node.height / 2;
    for (let at = -node.height; at < node.width; at += 9) {
      ctx.moveTo(left + at, top + node.height); ctx.lineTo(left + at + node.height, top);
    }
    ctx.strokeStyle = ink("line"); ctx.lineWidth = 2.5; ctx.stroke();
    ctx.restore();
  };

  const drawFocus = (ctx, node) => {
    outline(ctx, node, 8);
    ctx.fillStyle = ink("accent"); ctx.fill();
    if (node.phantom) {
      ctx.setLineDash([4, 3]); ctx.strokeStyle = ink("ink"); ctx.lineWidth = 1.5; ctx.stroke(); ctx.setLineDash([]);
    }
    const left = node.x - node.width / 2 + 12, right = node.x + node.width / 2 - 12, on = ink("on-accent");
    const number = node.n ? `+${int(node.n)}` : "";
    ctx.font = FONT.small;
    write(ctx, squeeze(ctx, node.owner || node.kind, right - left - width(ctx, number) - 8), left, node.y - 10, FONT.small, on);
    write(ctx, number, right, node.y - 10, FONT.small, on, "right");
    ctx.font = FONT.focus;
    write(ctx, squeeze(ctx, node.name, right - left), left, node.y + 9, FONT.focus, on);
  };

  const drawPill = (ctx, node) => {
    outline(ctx, node, node.height / 2);
    ctx.fillStyle = ink("sunk"); ctx.fill();
    ctx.strokeStyle = ink("line-2"); ctx.lineWidth = 1; ctx.stroke();
    const left = node.x - node.width / 2 + 10, room = node.width - 20;
    write(ctx, node.label, left, node.y - 1, FONT.plain, ink("ink-2"));
    const total = node.relations.reduce((sum, [, n]) => sum + n, 0);
    const [[most, count]] = node.relations;
    const example = `${int(count)} ${data.looks[most].word}`;
    const taken = width(ctx, node.label) + 8;
    ctx.font = FONT.small;
    if (width(ctx, example) <= room - taken) {
      write(ctx, example, left + room, node.y - 1, FONT.small, ink("ink-3"), "right");
    }
    let x = left;
    for (const [relation, n] of node.relations) {
      const share = (room * n) / total;
      ctx.fillStyle = colour(relation); ctx.fillRect(x, node.y + 6.5, share, 2);
      x += share;
    }
  };

  const STATE = { gone: "bad", disabled: "bad", gated: "warn" };
  const drawNode = (ctx, node) => {
    const left = node.x - node.width / 2, right = node.x + node.width / 2, half = node.height / 2;
    const hue = colour(node.relation), on = lit && lit.has(node.id);
    outline(ctx, node, 4);
    ctx.fillStyle = ink("card"); ctx.fill();
    if (node.phantom) hatch(ctx, node);
    ctx.save(); outline(ctx, node, 4); ctx.clip();
    ctx.fillStyle = hue; ctx.fillRect(left, node.y - half, 3, node.height);
    if (node.n) {
      const share = Math.log1p(node.n) / Math.log1p(data.most);
      ctx.fillRect(left, node.y + half - 2, node.width * share, 2);
    }
    ctx.restore();
    outline(ctx, node, 4);
    if (node.phantom) ctx.setLineDash([4, 3]);
    ctx.strokeStyle = on ? ink("accent") : node.phantom ? ink("control") : ink("line-2");
    ctx.lineWidth = on ? 2 : 1; ctx.stroke(); ctx.setLineDash([]);
    glyph(ctx, node.relation, left + 8, node.y - 0.5);
    let end = right - 7;
    if (node.n) {
      const number = `+${int(node.n)}`;
      write(ctx, number, end, node.y, FONT.small, ink("ink-2"), "right");
      end -= width(ctx, number) + 7;
    }
    if (STATE[node.state]) {
      write(ctx, node.state, end, node.y, FONT.small, ink(STATE[node.state]), "right");
      end -= width(ctx, node.state) + 7;
    }
    drawLabel(ctx, node, left + 25, end);
    if (node.side === "up" && node.behind) {
      write(ctx, `${int(node.behind)} more ‹`, left - 6, node.y, FONT.small, ink("ink-3"), "right");
    }
  };
  // The name goes first; the owner gets what is left, and goes when that is little.
  const drawLabel = (ctx, node, start, end) => {
    ctx.font = FONT.name;
    const name = squeeze(ctx, node.name, end - start);
    const room = end - start - width(ctx, name);
    ctx.font = FONT.small;
    let owner = node.owner && `${node.owner}/`;
    if (owner && width(ctx, owner) > room) owner = room > 56 ? squeeze(ctx, owner, room) : "";
    if (owner) write(ctx, owner, start, node.y, FONT.small, ink("ink-3"));
    const at = start + (owner ? width(ctx, owner) + 1 : 0);
    const font = node.name === "same name" ? `italic 13px ${sans}` : FONT.name;
    write(ctx, name, at, node.y, font, ink("ink"));
  };

  // ---- edges -----------------------------------------------------------------
  const curve = (ctx, from, to) => {
    const x1 = from.x + from.width / 2, x2 = to.x - to.width / 2;
    ctx.beginPath(); ctx.moveTo(x1, from.y);
    if (x2 > x1) {
      const middle = x2 - x1 > 120 ? x2 - 40 : (x1 + x2) / 2;
      ctx.bezierCurveTo(middle, from.y, middle, to.y, x2, to.y);
      return { x: x2 - 9, y: to.y };
    }
    // Same generation, or back: around the right-hand side.
    const x3 = to.x + to.width / 2, out = Math.max(x1, x3) + 26;
    ctx.bezierCurveTo(out, from.y, out, to.y, x3, to.y);
    return { x: x3 + 9, y: to.y };
  };
  const badge = (ctx, sign, at, hue) => {
    ctx.beginPath(); ctx.arc(at.x, at.y, 7, 0, 2 * Math.PI);
    ctx.fillStyle = ink("card"); ctx.fill(); ctx.strokeStyle = hue; ctx.lineWidth = 1; ctx.stroke();
    write(ctx, sign, at.x, at.y + 0.5, FONT.small, ink("ink"), "center");
  };
  const drawEdge = (ctx, edge) => {
    const from = byId.get(edge.from), to = byId.get(edge.to);
    const on = lit && lit.has(edge.from) && lit.has(edge.to) && !edge.extra;
    ctx.globalAlpha = edge.extra ? 0.55 : lit && !on ? 0.35 : 1;
    ctx.strokeStyle = colour(edge.relation);
    ctx.lineWidth = edge.extra ? 0.8 : on ? 2.6 : 1.5;
    if (edge.dashed) ctx.setLineDash([5, 4]);
    const end = curve(ctx, from, to);
    ctx.stroke(); ctx.setLineDash([]); ctx.globalAlpha = 1;
    if (edge.dashed) badge(ctx, edge.disputed ? "≠" : "?", end, colour(edge.relation));
  };
  const drawFold = (ctx, pill) => {
    const other = byId.get(pill.towards);
    const [from, to] = pill.side === "up" ? [pill, other] : [other, pill];
    ctx.strokeStyle = ink("line-2"); ctx.lineWidth = 1.5;
    curve(ctx, from, to); ctx.stroke();
  };

  const draw = (ctx) => {
    ctx.save();
    for (const column of data.columns) {
      write(ctx, column.text, column.x, data.bounds[1] - 16, FONT.small, ink("ink-3"));
    }
    for (const node of data.nodes) if (node.relations) drawFold(ctx, node);
    for (const edge of data.edges) if (edge.extra) drawEdge(ctx, edge);
    for (const edge of data.edges) if (!edge.extra) drawEdge(ctx, edge);
    for (const node of data.nodes) {
      (node.relations ? drawPill : node.side === "focus" ? drawFocus : drawNode)(ctx, node);
    }
    ctx.restore();
  };

  // ---- vis-network: pan, zoom, hit tests, tooltips -----------------------------
  const clear = { background: "rgba(0,0,0,0)", border: "rgba(0,0,0,0)" };
  const blank = ({ id, x, y, width: w, height: h, title }) => ({
    id, x, y, title, label: " ", shape: "box", fixed: true, margin: { top: 0, right: 0, bottom: 0, left: 0 }, borderWidth: 0, shadow: false,
    color: { ...clear, hover: clear, highlight: clear }, chosen: false,
    widthConstraint: { minimum: w, maximum: w }, heightConstraint: { minimum: h },
    font: { size: 1 },
  });
  const network = new vis.Network(host, { nodes: new vis.DataSet(data.nodes.map(blank)), edges: [] }, data.options);
  network.on("beforeDrawing", draw);
  // The role and the name are on the host; the frame is no stop of its own.
  for (const frame of host.querySelectorAll("[tabindex]")) frame.removeAttribute("tabindex");

  const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
  const report = () => { host.dataset.textPx = (SMALLEST * network.getScale()).toFixed(2); };
  // All of it where it is legible; otherwise the focus and as much around it as fits.
  const fit = () => {
    const [left, top, right, bottom] = data.bounds;
    const w = right - left + 2 * MARGIN, h = bottom - top + HEADING + MARGIN;
    const scale = clamp(Math.min(host.clientWidth / w, host.clientHeight / h), ZOOM.least, ZOOM.most);
    const place = (low, high, view) => {
      const half = view / scale / 2;
      return high - low <= 2 * half ? (low + high) / 2 : clamp(0, low + half, high - half);
    };
    const x = place(left - MARGIN, right + MARGIN, host.clientWidth);
    const y = place(top - HEADING, bottom + MARGIN, host.clientHeight);
    network.moveTo({ position: { x, y }, scale, animation: false });
    touched = false;
    report();
  };
  const zoom = (factor) => {
    touched = true;
    network.moveTo({ scale: clamp(network.getScale() * factor, ZOOM.far, ZOOM.near), animation: false });
    report();
  };
  const light = (id) => {
    lit = null;
    if (id !== undefined) {
      lit = new Set();
      for (let node = byId.get(id); node; node = byId.get(node.towards)) lit.add(node.id);
    }
    network.redraw();
  };
  network.on("hoverNode", ({ node }) => light(node));
  network.on("blurNode", () => light());
  network.on("dragEnd", () => { touched = true; });
  network.on("zoom", report);
  network.on("resize", () => { if (!touched) fit(); });
  document.getElementById("in").addEventListener("click", () => zoom(1.25));
  document.getElementById("out").addEventListener("click", () => zoom(0.8));
  document.getElementById("fit").addEventListener("click", fit);
  host.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    zoom(event.deltaY < 0 ? 1.1 : 1 / 1.1);
  }, { passive: false });
  const paint = (value) => { shade = value; network.redraw(); };
  dark.addEventListener("change", () => paint(dark.matches ? 1 : 0));
  addEventListener("beforeprint", () => paint(0));
  addEventListener("afterprint", () => paint(dark.matches ? 1 : 0));
  fit();
  window.headwater = { network, fit };
  host.dataset.ready = "true";
})();
