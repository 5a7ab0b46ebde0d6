// The first script of the page, run before anything is painted: it restores what the
// visitor chose about the look, starts both downloads at once, shows how far they are,
// and keeps what arrives until the page's own program (wasm/ui) takes over.
//
// What it offers to that program, and to nobody else, is window.parley:
//
//   parley.algorithms               the names of the algorithms there are, in the order in
//                                   which they are offered
//   parley.algorithms               the algorithms that there are
//   parley.earlier                  the engines of earlier epochs, such as raft-1.1
//   parley.started                  the engine that was started first
//   parley.engines                  two engines, the second for the run that one is compared
//                                   with; only the first is started here. Each has
//     listen({frame, failed})         frame(Uint8Array) gets every frame of the engine,
//                                     failed(kind, detail) is told when it is not there:
//                                     "load", "blocked" or "stopped"
//     send(Uint8Array)                a frame for the engine
//     restart(algorithm)              an engine of that algorithm in place of the old one
//     stop()                          no engine
//   parley.qr(text)                 a promise of the QR code of a text, see qr.js
//   parley.outside                  what the page can do beyond itself, see outside.js
//   parley.ready()   the page shows a run: away with the progress bar
//   parley.sentences(object)        the sentences of this script in the visitor's language
"use strict";

(function () {
    const root = document.documentElement;

    // What the visitor chose. Storage may be forbidden; then nothing was chosen.
    function stored(key) {
        try {
            return localStorage.getItem(key) || "";
        } catch {
            return "";
        }
    }
    const framed = window.parleyFrame; // this is a figure in another page: nothing was chosen in it
    const theme = framed ? framed.options.theme : stored("parley.theme");
    if (theme === "light" || theme === "dark") {
        root.dataset.theme = theme;
    }
    root.dataset.fold = stored("parley.fold") || (innerWidth < 1024 ? "drawer side" : "drawer");

    let sentences = {
        loading: "Loading {done} of {all} kB",
        starting: "Starting",
        noWasm: "This browser cannot run WebAssembly, which the playground is made of. A current version of Firefox, Chrome, Safari or Edge can.",
        load: "A part of the playground could not be loaded. The network or the server may be down.",
        blocked: "The engine's Web Worker could not start. A browser extension or a setting may block it.",
        stopped: "The page's program stopped. Your run is kept and comes back when you start again.",
    };
    const parts = {
        "ui.wasm": {all: 0 /* bytes of ui.wasm */, loaded: 0},
    };
    // The algorithms, in the order in which they are offered, and the size of the engine
    // that each needs, see worker.js.
    const engineBytes = {
        raft: 0 /* bytes of engine-raft.wasm */,
        multipaxos: 0 /* bytes of engine-multipaxos.wasm */,
        synod: 0 /* bytes of engine-synod.wasm */,
    };
    // The same of engines of earlier epochs, which only links ask for.
    const earlierBytes = {
        // bytes of engines of earlier epochs
    };
    // A page of a live room begins with the engine for rooms, whatever the algorithm.
    const inRoom = document.querySelector("meta[name=parley-room]") !== null;
    const roomBytes = 0 /* bytes of engine-room.wasm */;
    // The algorithm of the run that the page was sent with, or of its live room, or else of
    // the one that was kept for this tab.
    const sent = document.querySelector("meta[name=parley-recording], meta[name=parley-room]");
    let algorithm = sent?.dataset.engine || engineOf(framed ? framed.code : location.hash.slice(1));
    try {
        if (!framed && !algorithm) {
            algorithm = /^engine (\w+)$/m.exec(sessionStorage.getItem("parley.run.script"))?.[1];
        }
    } catch {
        // Storage may be forbidden.
    }
    algorithm ||= "raft";

    // engineOf returns the engine that a link is for: its algorithm begins the name of a
    // scenario, and stands in the clear near the beginning of a recording's code (package
    // replay), with the epochs behind it. An engine that turns out to be the wrong one says
    // so.
    function engineOf(link) {
        let name = /^s=([a-z]+)/.exec(link)?.[1] || "";
        try {
            if (link[0] === "1") {
                const head = atob(link.slice(1, 41).replaceAll("-", "+").replaceAll("_", "/"));
                let at = 8 + head.charCodeAt(7);
                name = head.slice(8, at);
                const epoch = () => { // seven bits a byte, the lowest first; the last is below 128
                    let n = 0, scale = 1, byte;
                    do {
                        byte = head.charCodeAt(at++);
                        n += byte % 128 * scale;
                        scale *= 128;
                    } while (byte >= 128);
                    return n;
                };
                const earlier = `${name}-${epoch()}.${epoch()}`;
                if (Object.hasOwn(earlierBytes, earlier)) {
                    return earlier;
                }
            }
        } catch {
            // It is no link.
        }
        return Object.hasOwn(engineBytes, name) ? name : "";
    }

    let running = false; // the page's own program listens
    let spoken = false; // an engine has said something
    let failure = "";

    function engine(part) {
        let worker = null;
        let listener = null;
        let kept = []; // frames, and failures as [kind, detail], until somebody listens

        function hand(item) {
            if (!listener) {
                kept.push(item);
            } else if (Array.isArray(item)) {
                listener.failed(item[0], item[1]);
            } else {
                listener.frame(item);
            }
        }

        // lost says that the engine is gone: to the page's program if it runs, or else itself.
        function lost(kind, detail) {
            hand([kind, detail || ""]);
            if (!running) {
                fail(kind === "stopped" ? "load" : kind, part + ": " + detail);
            }
        }

        function stop() {
            worker?.terminate();
            worker = null;
            kept = [];
            delete parts[part];
        }

        function start(algorithm) {
            stop();
            const forRoom = inRoom && part === "engine.wasm";
            parts[part] = {all: forRoom ? roomBytes : engineBytes[algorithm] || earlierBytes[algorithm] || 0, loaded: 0};
            let mine;
            try {
                mine = worker = new Worker("/assets/worker.js#" + (forRoom ? "room" : algorithm));
            } catch (error) {
                lost("blocked", String(error));
                return;
            }
            mine.onmessage = function (event) {
                const data = event.data;
                if (mine !== worker) {
                    return; // of an engine that was replaced
                }
                if (data instanceof ArrayBuffer) {
                    if (!spoken) {
                        spoken = true;
                        performance.mark("engine");
                    }
                    hand(new Uint8Array(data));
                } else if (data.failed) {
                    lost(data.failed, data.detail);
                } else {
                    progress(part, data.loaded);
                }
            };
            mine.onerror = function (event) {
                event.preventDefault();
                if (mine === worker) {
                    lost("blocked", event.message || "the worker's script was not run");
                }
            };
        }

        // A node of a live room crashes when its page closes, and is not waited for.
        addEventListener("pagehide", () => worker?.postMessage({away: true}));
        addEventListener("pageshow", (event) => event.persisted && worker?.postMessage({away: false}));

        return {
            start,
            stop,
            listen(to) {
                listener = to;
                running = true;
                for (const item of kept.splice(0)) {
                    hand(item);
                }
            },
            send(frame) {
                worker?.postMessage(frame.buffer, [frame.buffer]);
            },
            restart(algorithm) {
                failure = "";
                delete root.dataset.failed;
                document.getElementById("boot-again").hidden = true;
                delete root.dataset.ready; // shows how far the engine is
                start(algorithm);
                show();
            },
        };
    }

    const engines = [engine("engine.wasm"), engine("the other engine.wasm")];
    window.parley = {
        algorithms: Object.keys(engineBytes),
        earlier: Object.keys(earlierBytes),
        started: algorithm,
        engines,
        // qr draws a text as a QR code, with a script that is loaded when it is wanted first.
        async qr(text) {
            if (!window.parleyQR) {
                await script("/assets/qr.js");
            }
            return window.parleyQR(text);
        },
        ready() {
            root.dataset.ready = "yes";
            performance.mark("ready");
        },
        sentences(own) {
            sentences = {...sentences, ...own};
        },
    };

    // The progress bar. Sizes are those of the files as they are, not as they were
    // compressed on the way: bytes are counted after they were unpacked.
    // Pieces come by the hundred, and the page has other things to do: it shows them ten times
    // a second.
    let showing = 0;
    function progress(name, loaded) {
        if (parts[name]) {
            parts[name].loaded = loaded;
            showing ||= setTimeout(() => {
                showing = 0;
                show();
            }, 100);
        }
    }

    function show() {
        const bar = document.getElementById("boot-bar");
        if (!bar || failure) {
            return;
        }
        let loaded = 0, all = 0;
        for (const part of Object.values(parts)) {
            loaded += part.loaded;
            all += Math.max(part.all, part.loaded);
        }
        bar.max = all || 1;
        bar.value = loaded;
        const kB = (n) => Math.round(n / 1000).toLocaleString(root.lang);
        document.getElementById("boot-text").textContent = loaded >= all && all > 0
            ? sentences.starting
            : sentences.loading.replace("{done}", kB(loaded)).replace("{all}", kB(all));
    }

    // fail shows a failure that leaves no program to show it.
    function fail(kind, detail) {
        failure = kind;
        if (detail) {
            console.error("parley:", kind, detail);
        }
        root.dataset.failed = kind;
        delete root.dataset.ready;
        const text = document.getElementById("boot-text");
        if (text) {
            text.textContent = sentences[kind];
            document.getElementById("boot-again").hidden = kind === "noWasm";
        }
    }

    function script(src) {
        return new Promise((resolve, reject) => {
            const element = document.createElement("script");
            element.src = src;
            element.async = false; // they run in the order in which they are asked for
            element.onload = resolve;
            element.onerror = () => reject(new Error(src + " was not loaded"));
            document.head.append(element);
        });
    }

    // count tells how much of a response has come. It reads a copy: the response itself goes
    // to the compiler as it is, beside the page, and may be kept compiled for the next visit.
    async function count(response) {
        const reader = response.clone().body.getReader();
        for (let loaded = 0; ;) {
            const {done, value} = await reader.read();
            if (done) {
                return;
            }
            loaded += value.byteLength;
            progress("ui.wasm", loaded);
        }
    }

    async function load() {
        const page = fetch("/assets/ui.wasm").then((response) => {
            if (!response.ok) {
                throw new Error("ui.wasm: " + response.status + " " + response.statusText);
            }
            count(response).catch(() => {}); // the compiler tells of it
            return WebAssembly.compileStreaming(response);
        });
        page.catch(() => {}); // told below, when it is waited for
        const parsed = new Promise((resolve) => {
            if (document.readyState === "loading") {
                document.addEventListener("DOMContentLoaded", resolve, {once: true});
            } else {
                resolve();
            }
        });
        page.then(() => performance.mark("compiled"), () => {});
        await Promise.all([script("/assets/wasm_exec.js"), script("/assets/vugu.js"), script("/assets/canvas.js"), script("/assets/painter.js").then(() => window.parleyPainter.ready), script("/assets/outside.js"), parsed]);
        performance.mark("scripts");
        show();
        const go = new Go();
        // A collection holds the page up for longer than a frame, since it yields to timers
        // between its pieces. So there are fewer, for more memory: five times what is alive, as
        // long as that is not much.
        go.env.GOGC = "400";
        go.env.GOMEMLIMIT = "512MiB";
        const instance = await WebAssembly.instantiate(await page, go.importObject);
        performance.mark("run");
        go.run(instance).then(
            () => fail("stopped", "the program ended"),
            (error) => fail("stopped", String(error)));
    }

    document.addEventListener("DOMContentLoaded", () => {
        document.getElementById("boot-again").addEventListener("click", () => location.reload());
        if (failure) {
            fail(failure);
        }
    });

    if (framed?.alone) {
        return; // embedded.js says why
    }
    if (typeof WebAssembly !== "object" || !WebAssembly.instantiateStreaming) {
        failure = "noWasm";
        return;
    }
    engines[0].start(algorithm);
    load().catch((error) => fail("load", String(error)));
})();
