// What the page can do beyond itself, when its program (web/app) asks: the clipboard, short
// links, files. Nothing else is sent or fetched.
"use strict";

window.parley.outside = {
    // copy puts a text on the clipboard; done(whether it did).
    copy(text, done) {
        Promise.resolve(navigator.clipboard?.writeText(text) ?? Promise.reject())
            .then(() => done(true), () => done(false));
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

    // save offers a file.
    save(name, kind, text) {
        const link = document.createElement("a");
        link.href = URL.createObjectURL(new Blob([text], {type: kind}));
        link.download = name;
        link.click();
        setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    },

    // files hands over the text of each file that is chosen in #import or dropped onto the
    // page: take(text), and too large a one as take("").
    files(most, take) {
        const read = async (file) => file && take(file.size > most ? "" : await file.text());
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
