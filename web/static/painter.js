// Executes the display lists of package scene (web/scene/list.go documents them) on
// canvases and pooled SVG elements. It knows shapes, and nothing of what they mean.
//
// Canvases are drawn by canvas.js, beside the page in a worker where that is possible: then
// a surface passes on its lists, and moves the elements itself.
"use strict";
(() => {
  const NS = "http://www.w3.org/2000/svg";
  const { skip, reader, canvases, LAYER, LINE, CURVE, POLY, CIRCLE, ARC, RECT, LABEL, GROUP, UNGROUP } = window.parleyCanvas;

  // The worker that draws canvases, once it is there. A figure is small, and an article may
  // have many: it draws on its page.
  let helper = null, surfaces = 0;
  const ready = new Promise(resolve => {
    if (window.parleyFrame || typeof OffscreenCanvas !== "function" || !HTMLCanvasElement.prototype.transferControlToOffscreen) {
      resolve();
      return;
    }
    let worker;
    try {
      worker = new Worker("/assets/canvas.js");
    } catch {
      resolve();
      return;
    }
    worker.onmessage = ({ data }) => {
      if (data.ready) helper = worker; else worker.terminate();
      resolve();
    };
    worker.onerror = event => {
      if (helper) return; // it is told to the console
      event.preventDefault();
      resolve();
    };
  });

  // A surface is one painter's place: layers on top of one another in a host, and
  // the buffer that Go copies its lists to. kinds: "canvas" or "svg" for each layer.
  function surface(host, kinds) {
    const root = document.createElement("div");
    root.className = "scene";
    root.style.cssText = "position:relative;width:100%;height:100%;overflow:hidden;touch-action:none;user-select:none;-webkit-user-select:none;outline-offset:-2px";
    const layers = kinds.map(kind => {
      const el = kind === "svg" ? document.createElementNS(NS, "svg") : document.createElement("canvas");
      el.style.cssText = "position:absolute;left:0;top:0;width:100%;height:100%;display:block";
      if (kind === "canvas") el.setAttribute("aria-hidden", "true");
      root.append(el);
      return kind === "svg" ? { svg: el, pool: [] } : { canvas: el };
    });
    host.append(root);
    const lists = reader(), moves = kinds.includes("svg"), pens = pensOf(layers.map(l => l.canvas || null));
    let buffer = new ArrayBuffer(1 << 16);
    const self = {
      root, layers, bytes: new Uint8Array(buffer),
      grow(n) {
        buffer = new ArrayBuffer(n);
        self.bytes = new Uint8Array(buffer);
        return self.bytes;
      },
      resize(w, h, ratio) {
        for (const l of layers) l.svg?.setAttribute("viewBox", `0 0 ${w} ${h}`);
        pens.resize(w, h, ratio);
      },
      draw(length) {
        pens.draw(buffer, length);
        if (!moves) return;
        const begun = new Set();
        const known = lists.styles;
        lists.read(buffer, length, (n, U, F, i) => {
          if (!layers[n].svg) return;
          begun.add(n);
          if (lists.styles !== known) forget(layers[n].pool); // numbers mean something else now
          return elements(layers[n], U, F, i);
        });
        layers.forEach((l, n) => l.svg && !begun.has(n) && trim(l.svg, l.pool, 0));
      },
      remove() {
        root.remove();
        pens.remove();
      },
    };

    // pensOf returns what draws canvases: the worker, or else the page.
    function pensOf(all) {
      if (!helper) return { remove() {}, ...canvases(all) };
      const id = surfaces++, away = all.map(c => c && c.transferControlToOffscreen());
      const tell = (what, moved) => helper.postMessage({ surface: id, ...what }, moved);
      tell({ canvases: away }, away.filter(c => c));
      return {
        resize(...size) { tell({ size }); },
        draw(buffer, length) {
          const list = buffer.slice(0, length);
          tell({ list }, [list]);
        },
        remove() { tell({ gone: true }); },
      };
    }

    // elements moves the pooled elements of an SVG layer. An element is touched only
    // when its instruction differs from that of the last frame.
    function elements(layer, U, F, i) {
      const stack = [];
      let parent = layer.svg, pool = layer.pool, at = 0;
      for (; i < U.length; i = skip(U, i)) {
        const op = U[i] & 255;
        if (op === LAYER) break;
        if (lists.define(U, F, i)) continue;
        if (op === UNGROUP) { trim(parent, pool, at); [parent, pool, at] = stack.pop(); continue; }
        let p = pool[at];
        const end = skip(U, i), words = U.slice(i, end), tag = TAGS[op];
        if (!p || p.tag !== tag) {
          const el = document.createElementNS(NS, tag);
          p ? p.el.replaceWith(el) : parent.append(el);
          p = pool[at] = { tag, el, words: [], pool: [] };
        }
        at++;
        if (p.words.length !== words.length || words.some((w, k) => w !== p.words[k])) {
          p.words = words;
          op === GROUP ? attributes(p, U, i) : paint(p.el, op, U, F, i);
        }
        if (op === GROUP) { stack.push([parent, pool, at]); parent = p.el; pool = p.pool; at = 0; }
      }
      trim(parent, pool, at);
      return i;
    }
    const TAGS = { [LINE]: "line", [CURVE]: "path", [POLY]: "path", [CIRCLE]: "circle", [ARC]: "path", [RECT]: "rect", [LABEL]: "text", [GROUP]: "g" };
    function trim(parent, pool, n) {
      while (pool.length > n) pool.pop().el.remove();
    }
    function forget(pool) {
      for (const p of pool) { p.words = []; forget(p.pool); }
    }
    function attributes(p, U, i) {
      const names = new Set();
      for (let k = 0; k < U[i + 1]; k++) {
        const name = lists.texts[U[i + 2 + 2 * k]];
        names.add(name);
        const value = lists.texts[U[i + 3 + 2 * k]];
        if (name === "style") p.el.style.cssText = value; // as an attribute a CSP would refuse it
        else p.el.setAttribute(name, value);
      }
      for (const a of [...p.el.attributes]) if (!names.has(a.name)) p.el.removeAttribute(a.name);
    }
    function paint(el, op, U, F, i) {
      const s = lists.styles[U[i] >>> 8 & 0xffff], set = (k, v) => el.setAttribute(k, v), f = k => F[i + k].toFixed(2);
      set("fill", s.fill); set("stroke", s.stroke); set("stroke-width", s.width);
      set("stroke-dasharray", s.dash.join(" ") || "none"); set("stroke-linecap", s.cap);
      set("opacity", (U[i] >>> 24) / 255);
      switch (op) {
        case LINE: set("x1", f(1)); set("y1", f(2)); set("x2", f(3)); set("y2", f(4)); break;
        case CIRCLE: set("cx", f(1)); set("cy", f(2)); set("r", f(3)); break;
        case RECT: set("x", f(1)); set("y", f(2)); set("width", f(3)); set("height", f(4)); set("rx", f(5)); break;
        case CURVE: set("d", `M${f(1)} ${f(2)}Q${f(3)} ${f(4)} ${f(5)} ${f(6)}`); break;
        case ARC: {
          const x = F[i + 1], y = F[i + 2], r = F[i + 3], a = F[i + 4], b = Math.min(F[i + 5], a + 2 * Math.PI - 1e-3);
          set("d", `M${x + r * Math.cos(a)} ${y + r * Math.sin(a)}A${r} ${r} 0 ${b - a > Math.PI ? 1 : 0} 1 ${x + r * Math.cos(b)} ${y + r * Math.sin(b)}`);
          break;
        }
        case POLY: {
          let d = "";
          for (let k = 0, n = U[i + 1] & 0x7fffffff; k < n; k++) d += `${k ? "L" : "M"}${f(2 + 2 * k)} ${f(3 + 2 * k)}`;
          set("d", U[i + 1] >>> 31 ? d + "Z" : d);
          break;
        }
        case LABEL:
          set("x", f(1)); set("y", f(2)); set("font-size", s.size); set("font-weight", s.weight);
          set("font-family", s.face); set("text-anchor", s.align); set("paint-order", "stroke"); set("stroke-linejoin", "round");
          el.textContent = lists.texts[U[i + 3]];
      }
    }
    return self;
  }
  window.parleyPainter = { surface, ready };
})();
