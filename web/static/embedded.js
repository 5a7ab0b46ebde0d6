// The first script of the page for frames (embed.html), before boot.js: it reads what the
// frame's address asks for, and speaks with the page around it.
//
// Messages are objects that carry parley: 1, the version of what docs/embed.md describes.
// They are taken from the page around this one alone, and from one origin: that of the
// first message. Before it nothing is told but that the figure loads and is ready, to
// whoever it is that has framed it.
//
// What it offers to the page's program is window.parleyFrame:
//
//   parleyFrame.options      {t, until, view, mode, theme, lang}, as the address says them
//   parleyFrame.code         the recording, as a link without #; "" for none
//   parleyFrame.listen(f)    f(type, value) gets each command: what to do, and with what
//   parleyFrame.tell(object) a message for the page around
"use strict";

(function () {
    const version = 1;
    const root = document.documentElement;
    const query = new URLSearchParams(location.search);
    const options = {};
    for (const key of ["t", "until", "view", "mode", "theme", "lang"]) {
        options[key] = (query.get(key) || "").slice(0, 64);
    }
    if (options.theme === "light" || options.theme === "dark") {
        root.dataset.theme = options.theme;
    }

    // A frame that is sandboxed without an origin cannot start a worker.
    const alone = self.origin === "null";
    const framed = parent !== self;
    let host = ""; // the origin of the page around, once it has spoken
    let listener = null;
    let early = []; // commands until somebody listens
    let told = null; // that it is ready, for those who come later

    function tell(message) {
        if (message.type === "ready") {
            told = message;
        }
        const open = message.type === "loading" || message.type === "ready" || message.type === "error";
        if (framed && (host || open)) {
            parent.postMessage({parley: version, ...message}, host || "*");
        }
    }

    // measure tells how large the frame is, and how high it would have to be for nothing
    // in it to be scrolled.
    function measure() {
        const hidden = [...document.querySelectorAll("#feed, #panel")].map((e) => e.scrollHeight - e.clientHeight);
        tell({type: "resize", width: innerWidth, height: innerHeight, content: innerHeight + Math.max(0, ...hidden)});
    }

    function text(value) {
        return typeof value === "string" ? value.slice(0, 4096) : "";
    }

    // The commands, and what each carries: a text or a number, or nothing.
    const commands = {
        play: () => "",
        pause: () => "",
        seek: (m) => text(m.to),
        step: (m) => String(Number.isInteger(m.by) ? Math.max(-1000, Math.min(1000, m.by)) : 1),
        act: (m) => text(m.line),
        link: () => "",
    };

    addEventListener("message", (event) => {
        const message = event.data;
        if (!framed || event.source !== parent || !message || message.parley !== version) {
            return;
        }
        host ||= event.origin === "null" ? "*" : event.origin;
        if (host !== "*" && event.origin !== host) {
            return;
        }
        if (message.type === "hello") {
            if (told) {
                tell(told);
            }
            measure();
            return;
        }
        if (!Object.hasOwn(commands, message.type)) {
            tell({type: "error", text: "There is no command of this name."});
            return;
        }
        const command = [message.type, commands[message.type](message)];
        if (listener) {
            listener(...command);
        } else if (early.length < 100) {
            early.push(command);
        }
    });

    const meta = document.querySelector("meta[name=parley-recording]");
    window.parleyFrame = {
        options,
        alone,
        code: meta ? meta.content : location.hash.slice(1),
        tell,
        listen(to) {
            listener = to;
            for (const command of early.splice(0)) {
                listener(...command);
            }
        },
    };

    // boot.js shows how far the download is and what went wrong; the page around is told
    // what is shown.
    document.addEventListener("DOMContentLoaded", () => {
        if (!meta && location.hash) {
            document.getElementById("open").href = "/" + location.hash; // no server knows it
        }
        if (alone) {
            root.dataset.alone = "yes";
            document.getElementById("alone").hidden = false;
            tell({type: "error", text: document.getElementById("alone").textContent});
            return;
        }
        new ResizeObserver(measure).observe(document.body);
        const bar = document.getElementById("boot-bar");
        new MutationObserver(() => tell({type: "loading", part: bar.value / bar.max})).observe(bar, {attributes: true});
        new MutationObserver(() => {
            if (root.dataset.failed) {
                tell({type: "error", text: document.getElementById("boot-text").textContent});
            }
        }).observe(root, {attributeFilter: ["data-failed"]});
    });
})();
