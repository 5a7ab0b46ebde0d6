// What the page can do beyond itself, when its program (web/app) asks: the clipboard, short
// links, live rooms, files. Nothing else is sent or fetched.
"use strict";

window.parley.outside = {
    // copy puts a text on the clipboard; done(whether it did).
    copy(text, done) {
        Promise.resolve(navigator.clipboard?.writeText(text) ?? Promise.reject())
            .then(() => done(true), () => done(false));
    },

    // copyCode puts the QR code of a text on the clipboard, as a picture; done(whether it
    // did). It is asked for at once, while the click still counts, and drawn meanwhile.
    copyCode(text, done) {
        const scale = 8, edge = 4; // pixels a module, modules round the code
        const draw = async () => {
            const code = await window.parley.qr(text);
            const canvas = document.createElement("canvas");
            canvas.width = canvas.height = scale * (code.size + 2 * edge);
            const pen = canvas.getContext("2d");
            pen.fillStyle = "#fff";
            pen.fillRect(0, 0, canvas.width, canvas.height);
            pen.setTransform(scale, 0, 0, scale, scale * edge, scale * edge);
            pen.fillStyle = "#000";
            pen.fill(new Path2D(code.path));
            return new Promise((resolve, reject) => canvas.toBlob((blob) => blob ? resolve(blob) : reject()));
        };
        const put = async () => navigator.clipboard.write([new ClipboardItem({"image/png": draw()})]);
        put().then(() => done(true), () => done(false));
    },

    // shorten has the server keep a recording; done(address, why there is none).
    async shorten(code, otherwise, done) {
        try {
            const response = await fetch("/s", {method: "POST", body: code, headers: {"Content-Type": "text/plain", Accept: "application/json"}});
            const answer = await response.json();
            done(String(answer.url || ""), answer.url ? "" : String(answer.error || otherwise));
        } catch {
            done("", otherwise);
        }
    },

    // room has the server make a live room; done(its ID, its owner's token, why there is none).
    async room(script, otherwise, done) {
        try {
            const response = await fetch("/rooms", {method: "POST", body: script, headers: {"Content-Type": "text/plain", Accept: "application/json"}});
            const answer = await response.json();
            done(String(answer.id || ""), String(answer.token || ""), answer.id ? "" : String(answer.error || otherwise));
        } catch {
            done("", "", otherwise);
        }
    },

    // open opens an address of this site in another tab and returns whether that may be.
    open(address) {
        const other = window.open(address);
        if (other) {
            other.opener = null;
        }
        return Boolean(other);
    },

    // save offers a file.
    save(name, kind, text) {
        const link = document.createElement("a");
        link.href = URL.createObjectURL(new Blob([text], {type: kind}));
        link.download = name;
        link.click();
        setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    },

    // make makes a file of a run and offers it; done(why it could not be made).
    async make(frames, order, name, type, otherwise, done) {
        const answer = await this.ask({make: frames, order});
        if (answer.file) {
            this.save(name, type, answer.file);
        }
        done(answer.file ? "" : answer.why || otherwise);
    },

    // ask asks files.js, which is started when it is wanted first.
    ask(question) {
        this.worker ??= new Worker("/assets/files.js");
        const id = this.asked = (this.asked || 0) + 1;
        return new Promise((resolve) => {
            const hear = (event) => {
                if (event.type === "error" || event.data.id === id) {
                    event.preventDefault();
                    this.worker?.removeEventListener("message", hear);
                    if (event.type === "error" || !(event.data.file || event.data.frames || event.data.why)) {
                        this.worker?.terminate();
                        this.worker = null; // the next one may be luckier
                    }
                    resolve(event.data || {});
                }
            };
            this.worker.addEventListener("message", hear);
            this.worker.addEventListener("error", hear);
            this.worker.postMessage({id, ...question});
        });
    },

    // files hands over each file that is chosen in #import or dropped onto the page:
    // take("text", a recording or a script), take("frames", of a journal),
    // take("refused", why), take("large") or take("missing"), when files.js is not there.
    files(take) {
        const read = async (file) => {
            const journal = file && (await file.slice(0, 64).text()).trimStart().startsWith("{");
            if (!file) {
                return;
            }
            if (file.size > (journal ? 64 << 20 : 2 << 20)) {
                take("large");
            } else if (journal) {
                const answer = await this.ask({show: new Uint8Array(await file.arrayBuffer())});
                take(answer.frames ? "frames" : answer.why ? "refused" : "missing", answer.frames || answer.why);
            } else {
                take("text", await file.text());
            }
        };
        addEventListener("change", (event) => {
            if (event.target.id === "import") {
                read(event.target.files[0]);
                event.target.value = "";
            }
        });
        addEventListener("dragover", (event) => event.preventDefault());
        addEventListener("drop", (event) => {
            event.preventDefault();
            read(event.dataTransfer.files[0]);
        });
    },

    // draw puts a QR code of a text into its host, "" empties it.
    async draw(host, text) {
        const code = text ? await window.parley.qr(text) : null;
        if (host.dataset.qr !== text) {
            return; // it has changed meanwhile
        }
        host.replaceChildren();
        host.hidden = !code;
        if (code) {
            const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
            svg.setAttribute("viewBox", `-4 -4 ${code.size + 8} ${code.size + 8}`);
            svg.setAttribute("shape-rendering", "crispEdges");
            const path = document.createElementNS(svg.namespaceURI, "path");
            path.setAttribute("d", code.path);
            svg.append(path);
            host.append(svg);
        }
    },
};
