// Executes the display lists of package scene (web/scene/list.go documents them) on
// canvases and pooled SVG elements. It knows shapes, and nothing of what they mean.
"use strict";
(() => {
  const RESET = 1, STYLE = 2, TEXT = 3, LAYER = 4, LINE = 5, CURVE = 6, POLY = 7, CIRCLE = 8,
    ARC = 9, RECT = 10, LABEL = 11, CLIP = 12, UNCLIP = 13, GROUP = 14, UNGROUP = 15;
  const FACES = [
    "system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans','Liberation Sans',sans-serif",
    "ui-monospace,'SF Mono',Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace",
  ];
  const PATH_MAX = 64; // shapes in one path
  const NS = "http://www.w3.org/2000/svg";
  const decoder = new TextDecoder();
  const colour = c => c === 0 ? "none" : "#" + (c >>> 0).toString(16).padStart(8, "0");

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
      return kind === "svg" ? { svg: el, pool: [] } : { canvas: el, g: el.getContext("2d") };
    });
    host.append(root);
    let buffer = new ArrayBuffer(1 << 16), styles = [], texts = [], width = 0, height = 0;
    const self = {
      root, layers, bytes: new Uint8Array(buffer),
      grow(n) {
        buffer = new ArrayBuffer(n);
        self.bytes = new Uint8Array(buffer);
        return self.bytes;
      },
      resize(w, h, ratio) {
        width = w; height = h;
        for (const l of layers) {
          if (l.svg) { l.svg.setAttribute("viewBox", `0 0 ${w} ${h}`); continue; }
          l.canvas.width = Math.round(w * ratio);
          l.canvas.height = Math.round(h * ratio);
          l.g.setTransform(ratio, 0, 0, ratio, 0, 0);
        }
      },
      draw(length) {
        const U = new Uint32Array(buffer, 0, length >> 2), F = new Float32Array(buffer, 0, length >> 2);
        const begun = new Set();
        for (let i = 0; i < U.length;) {
          const op = U[i] & 255;
          if (op === RESET) {
            styles = []; texts = []; i++;
            for (const l of layers) if (l.svg) forget(l.pool);
          } else if (op === STYLE) {
            styles[U[i] >>> 8 & 0xffff] = style(U, F, i + 1);
            i += 7;
          } else if (op === TEXT) {
            const n = U[i + 2];
            texts[U[i + 1]] = decoder.decode(new Uint8Array(buffer, 4 * i + 12, n));
            i += 3 + (n + 3 >> 2);
          } else if (op === LAYER) {
            const l = layers[U[i + 1]];
            begun.add(l);
            i = l.svg ? elements(l, U, F, i + 2) : canvas(l.g, U, F, i + 2);
          } else throw new Error("display list: unexpected instruction " + op);
        }
        for (const l of layers) if (!begun.has(l)) l.svg ? trim(l.svg, l.pool, 0) : l.g.clearRect(0, 0, width, height);
      },
      remove() { root.remove(); },
    };

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
    // skip returns where the instruction after i begins, for those that draw.
    function skip(U, i) {
      switch (U[i] & 255) {
        case TEXT: return i + 3 + (U[i + 2] + 3 >> 2);
        case POLY: return i + 2 + 2 * (U[i + 1] & 0x7fffffff);
        case GROUP: return i + 2 + 2 * U[i + 1];
        default: return i + [1, 1, 7, 0, 2, 5, 7, 0, 4, 6, 6, 4, 5, 1, 0, 1][U[i] & 255];
      }
    }
    // define takes a definition that stands between shapes; it reports whether it was one.
    function define(U, F, i) {
      if ((U[i] & 255) === STYLE) styles[U[i] >>> 8 & 0xffff] = style(U, F, i + 1);
      else if ((U[i] & 255) === TEXT) texts[U[i + 1]] = decoder.decode(new Uint8Array(buffer, 4 * i + 12, U[i + 2]));
      else return false;
      return true;
    }

    // canvas draws until the layer ends. Neighbours of one style and opacity share a path.
    function canvas(g, U, F, i) {
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
        if (define(U, F, i)) continue;
        if (op >= CLIP) {
          flush(); current = -1;
          if (op === CLIP) { g.save(); g.beginPath(); g.rect(F[i + 1], F[i + 2], F[i + 3], F[i + 4]); g.clip(); }
          if (op === UNCLIP) g.restore();
          continue;
        }
        const look = U[i] >>> 8;
        if (look !== current) {
          flush();
          current = look; s = styles[look & 0xffff];
          g.globalAlpha = (look >>> 16) / 255;
          if (s.fill !== "none") g.fillStyle = s.fill;
          if (s.stroke !== "none") {
            g.strokeStyle = s.stroke; g.lineWidth = s.width; g.lineCap = s.cap;
            g.lineJoin = op === LABEL ? "round" : "miter"; g.setLineDash(s.dash);
          }
          if (s.size) { g.font = s.font; g.textAlign = s.align === "middle" ? "center" : s.align; }
        }
        if (op === LABEL) {
          const t = texts[U[i + 3]];
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

    // elements moves the pooled elements of an SVG layer. An element is touched only
    // when its instruction differs from that of the last frame.
    function elements(layer, U, F, i) {
      const stack = [];
      let parent = layer.svg, pool = layer.pool, at = 0;
      for (; i < U.length; i = skip(U, i)) {
        const op = U[i] & 255;
        if (op === LAYER) break;
        if (define(U, F, i)) continue;
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
        const name = texts[U[i + 2 + 2 * k]];
        names.add(name);
        const value = texts[U[i + 3 + 2 * k]];
        if (name === "style") p.el.style.cssText = value; // as an attribute a CSP would refuse it
        else p.el.setAttribute(name, value);
      }
      for (const a of [...p.el.attributes]) if (!names.has(a.name)) p.el.removeAttribute(a.name);
    }
    function paint(el, op, U, F, i) {
      const s = styles[U[i] >>> 8 & 0xffff], set = (k, v) => el.setAttribute(k, v), f = k => F[i + k].toFixed(2);
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
          el.textContent = texts[U[i + 3]];
      }
    }
    return self;
  }
  window.parleyPainter = { surface };
})();
