// Draws what display lists (web/scene/list.go documents them) put on canvases. It runs in a
// Web Worker of its own, so that painting takes no time from the page, and on the page itself
// where a browser cannot do that: painter.js loads it either way.
//
// To the worker come these objects. What it has to say is only whether it can do that: {ready}.
//
//   {surface, canvases}  the canvases of a new surface by their layers, null for other layers
//   {surface, size}      [width, height, ratio]: from the next list on
//   {surface, list}      an ArrayBuffer
//   {surface, gone}      no more of it
"use strict";
(() => {
  const RESET = 1, STYLE = 2, TEXT = 3, LAYER = 4, LINE = 5, CURVE = 6, POLY = 7, CIRCLE = 8,
    ARC = 9, RECT = 10, LABEL = 11, CLIP = 12, UNCLIP = 13, GROUP = 14, UNGROUP = 15;
  const FACES = [
    "system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans','Liberation Sans',sans-serif",
    "ui-monospace,'SF Mono',Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace",
  ];
  const PATH_MAX = 64; // shapes in one path
  const decoder = new TextDecoder();
  const colour = c => c === 0 ? "none" : "#" + (c >>> 0).toString(16).padStart(8, "0");

  function style(U, F, i) {
    const look = U[i + 5], size = look & 255;
    return {
      fill: colour(U[i]), stroke: colour(U[i + 1]), width: F[i + 2],
      dash: F[i + 3] > 0 ? [F[i + 3], F[i + 4]] : [],
      size, face: FACES[look >>> 16 & 1], weight: look >>> 17 & 1 ? 600 : 400,
      font: `${look >>> 17 & 1 ? 600 : 400} ${size}px ${FACES[look >>> 16 & 1]}`,
      align: ["start", "middle", "end"][look >>> 8 & 255], cap: look >>> 18 & 1 ? "round" : "butt",
    };
  }

  // How long the instructions are that are always as long, in words.
  const WORDS = [0, 1, 7, 0, 2, 5, 7, 0, 4, 6, 6, 4, 5, 1, 0, 1];
  function unknown(op) { throw new Error("display list: unexpected instruction " + op); }

  // skip returns where the instruction after i begins.
  function skip(U, i) {
    switch (U[i] & 255) {
      case TEXT: return i + 3 + (U[i + 2] + 3 >> 2);
      case POLY: return i + 2 + 2 * (U[i + 1] & 0x7fffffff);
      case GROUP: return i + 2 + 2 * U[i + 1];
      default: return i + (WORDS[U[i] & 255] || unknown(U[i] & 255));
    }
  }

  // A reader remembers the styles and texts of a surface from one list to the next.
  function reader() {
    const self = {
      styles: [], texts: [],
      // define takes an instruction that only defines something; it reports whether it was
      // one.
      define(U, F, i) {
        switch (U[i] & 255) {
          case RESET: self.styles = []; self.texts = []; return true;
          case STYLE: self.styles[U[i] >>> 8 & 0xffff] = style(U, F, i + 1); return true;
          case TEXT: self.texts[U[i + 1]] = decoder.decode(new Uint8Array(U.buffer, 4 * i + 12, U[i + 2])); return true;
        }
        return false;
      },
      // read goes through a list. layer(number, U, F, i) draws the layer that begins at i and
      // returns where it ends, or nothing; then what it defines is still remembered.
      read(buffer, length, layer) {
        const U = new Uint32Array(buffer, 0, length >> 2), F = new Float32Array(buffer, 0, length >> 2);
        for (let i = 0; i < U.length;) {
          const end = (U[i] & 255) === LAYER ? layer(U[i + 1], U, F, i + 2) : self.define(U, F, i) && 0;
          i = end || skip(U, i);
        }
      },
    };
    return self;
  }

  // canvases draws those layers of a surface that are canvases.
  function canvases(elements) {
    const pens = elements.map(c => c && c.getContext("2d"));
    const lists = reader();
    let width = 0, height = 0, sized = null;

    // fit gives the canvases their size, which empties them: so that nothing blinks, not
    // before there is something to draw.
    function fit() {
      const [w, h, ratio] = sized;
      sized = null; width = w; height = h;
      for (const g of pens) {
        if (!g) continue;
        g.canvas.width = Math.round(w * ratio);
        g.canvas.height = Math.round(h * ratio);
        g.setTransform(ratio, 0, 0, ratio, 0, 0);
      }
    }
    return {
      resize(...size) { sized = size; },
      // learn remembers what a list defines, of which another took the place.
      learn(buffer, length) { lists.read(buffer, length, () => {}); },
      draw(buffer, length) {
        if (sized) fit();
        const begun = new Set();
        lists.read(buffer, length, (n, U, F, i) => {
          if (!pens[n]) return;
          begun.add(n);
          return layer(pens[n], U, F, i);
        });
        pens.forEach((g, n) => g && !begun.has(n) && g.clearRect(0, 0, width, height));
      },
    };

    // layer draws until the layer ends. Neighbours of one style and opacity share a path.
    function layer(g, U, F, i) {
      let current = -1, s = null, open = 0;
      const flush = () => {
        if (open === 0) return;
        if (s.fill !== "none") g.fill();
        if (s.stroke !== "none") g.stroke();
        open = 0;
      };
      g.clearRect(0, 0, width, height);
      for (; i < U.length; i = skip(U, i)) {
        const op = U[i] & 255;
        if (op === LAYER) break;
        if (lists.define(U, F, i)) continue;
        if (op >= CLIP) {
          flush(); current = -1;
          if (op === CLIP) { g.save(); g.beginPath(); g.rect(F[i + 1], F[i + 2], F[i + 3], F[i + 4]); g.clip(); }
          if (op === UNCLIP) g.restore();
          continue;
        }
        const look = U[i] >>> 8;
        if (look !== current) {
          flush();
          current = look; s = lists.styles[look & 0xffff];
          g.globalAlpha = (look >>> 16) / 255;
          if (s.fill !== "none") g.fillStyle = s.fill;
          if (s.stroke !== "none") {
            g.strokeStyle = s.stroke; g.lineWidth = s.width; g.lineCap = s.cap;
            g.lineJoin = op === LABEL ? "round" : "miter"; g.setLineDash(s.dash);
          }
          if (s.size) { g.font = s.font; g.textAlign = s.align === "middle" ? "center" : s.align; }
        }
        if (op === LABEL) {
          const t = lists.texts[U[i + 3]];
          if (s.stroke !== "none") g.strokeText(t, F[i + 1], F[i + 2]);
          if (s.fill !== "none") g.fillText(t, F[i + 1], F[i + 2]);
          continue;
        }
        // What is filled and outlined must keep its order; long paths are slow to paint.
        if (open === PATH_MAX || s.fill !== "none" && s.stroke !== "none") flush();
        if (open++ === 0) g.beginPath();
        shape(g, op, U, F, i);
      }
      flush();
      g.globalAlpha = 1;
      return i;
    }
    function shape(g, op, U, F, i) {
      const a = F[i + 1], b = F[i + 2], c = F[i + 3], d = F[i + 4], e = F[i + 5];
      switch (op) {
        case LINE: g.moveTo(a, b); g.lineTo(c, d); break;
        case CURVE: g.moveTo(a, b); g.quadraticCurveTo(c, d, e, F[i + 6]); break;
        case CIRCLE: g.moveTo(a + c, b); g.arc(a, b, c, 0, 2 * Math.PI); break;
        case ARC: g.moveTo(a + c * Math.cos(d), b + c * Math.sin(d)); g.arc(a, b, c, d, e); break;
        case RECT: e > 0 ? g.roundRect(a, b, c, d, e) : g.rect(a, b, c, d); break;
        case POLY: {
          const n = U[i + 1] & 0x7fffffff;
          for (let k = 0, j = i + 2; k < n; k++, j += 2) k ? g.lineTo(F[j], F[j + 1]) : g.moveTo(F[j], F[j + 1]);
          if (U[i + 1] >>> 31) g.closePath();
        }
      }
    }
  }

  if (typeof document === "object") {
    window.parleyCanvas = { skip, reader, canvases, LAYER, LINE, CURVE, POLY, CIRCLE, ARC, RECT, LABEL, GROUP, UNGROUP };
    return;
  }

  // In the worker: of the lists that have come for a surface only the last is drawn. Those
  // that come while it draws are before the end of the turn that is asked for.
  const surfaces = new Map();
  const turn = new MessageChannel();
  let asked = false;
  turn.port1.onmessage = () => {
    asked = false;
    for (const s of surfaces.values()) {
      const last = s.lists.pop();
      for (const list of s.lists.splice(0)) s.canvases.learn(list, list.byteLength);
      if (last) s.canvases.draw(last, last.byteLength);
    }
  };
  onmessage = ({ data }) => {
    const s = surfaces.get(data.surface);
    if (data.canvases) surfaces.set(data.surface, { canvases: canvases(data.canvases), lists: [] });
    else if (data.gone) surfaces.delete(data.surface);
    else if (data.size) s.canvases.resize(...data.size);
    else {
      s.lists.push(data.list);
      if (!asked) { asked = true; turn.port2.postMessage(0); }
    }
  };
  // Some browsers have a worker's canvas without what is drawn on it.
  postMessage({ ready: typeof OffscreenCanvas === "function" && Boolean(new OffscreenCanvas(1, 1).getContext("2d")?.roundRect) });
})();
