// <parley-play>: a figure of Parley in a page of yours. Its manual is docs/embed.md.
"use strict";
(() => {
    const version = 1, home = new URL(document.currentScript.src).origin;
    const figures = new Set();
    let running = null; // the one that plays; one at a time

    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`
:host { display: block; position: relative; overflow: hidden; aspect-ratio: var(--parley-ratio, 4/3) }
:host([hidden]) { display: none }
slot, img { display: block; width: 100%; height: 100%; object-fit: contain }
iframe { position: absolute; inset: 0; width: 100%; height: 100%; border: 0; color-scheme: normal }
iframe:not([data-on]) { visibility: hidden }
button { position: absolute; inset: 0; border: 0; padding: 0; background: none; cursor: pointer; font: 600 14px/64px system-ui, sans-serif }
span { display: block; width: 64px; height: 64px; margin: auto; border-radius: 32px; color: #fff; background: #17191dd9; box-shadow: 0 0 0 1px #fff }
button:focus-visible { outline: 3px solid #1f5fd0; outline-offset: -3px }
button:hover span { background: #17191d }`);

    class Figure extends HTMLElement {
        connectedCallback() {
            figures.add(this);
            if (!this.shadowRoot) {
                this.build();
            }
            watcher.observe(this);
            if (this.getAttribute("load") === "now") {
                this.start();
            }
        }

        disconnectedCallback() {
            figures.delete(this);
            watcher.unobserve(this);
            this.stop();
        }

        build() {
            const root = this.attachShadow({mode: "open"});
            root.adoptedStyleSheets = [sheet];
            this.slotted = make("slot");
            this.cover = make("button", {type: "button", part: "start"});
            this.cover.append(make("span"));
            this.cover.onclick = () => this.start();
            root.append(this.slotted, this.cover);
            const address = this.address();
            let image = this.querySelector("img");
            if (!image && address) {
                image = make("img", {alt: "", src: address.poster});
                root.prepend(image);
                this.own = image;
            }
            if (image?.getAttribute("width") > 0 && image.getAttribute("height") > 0) {
                this.style.setProperty("--parley-ratio", image.getAttribute("width") / image.getAttribute("height"));
                image.style.maxWidth = "100%";
                image.style.height = "auto";
            }
            this.name = this.getAttribute("label") || ["Play", image?.alt].filter(Boolean).join(": ");
            this.cover.setAttribute("aria-label", this.name);
            this.show("▶");
            this.cover.hidden = !address;
        }

        // address returns where the figure's page and its poster are: on the loader's own site or nowhere.
        address() {
            const src = URL.parse(this.getAttribute("src") || this.querySelector("a")?.href || "", home);
            if (src?.origin !== home) {
                return null;
            }
            const query = src.searchParams, id = /^\/s\/([\w-]{11,43})$/.exec(src.pathname)?.[1];
            for (const key of ["t", "until", "view", "mode", "theme", "lang"]) {
                if (this.hasAttribute(key)) {
                    query.set(key, this.getAttribute(key));
                }
            }
            const poster = home + (id ? `/s/${id}.svg?${query}` : "/poster.svg");
            if (id) {
                query.set("s", id);
            }
            return {page: `${home}/embed?${query}${src.hash}`, poster};
        }

        start() {
            const address = this.address();
            if (this.frame || !address) {
                return;
            }
            this.waiting = [];
            this.frame = make("iframe", {src: address.page, title: this.name, allow: "clipboard-write"});
            this.frame.onload = () => {
                this.post({type: "hello"});
                this.patience = setTimeout(() => this.fail("The figure did not answer."), 20000);
            };
            this.show("…");
            this.cover.disabled = true;
            this.shadowRoot.append(this.frame);
            run(this);
        }

        stop() {
            clearTimeout(this.patience);
            this.frame?.remove();
            this.frame = this.waiting = null;
            this.cover.disabled = this.cover.hidden = this.slotted.hidden = false;
            this.show("▶");
            running = running === this ? null : running;
        }

        fail(text) {
            this.stop();
            this.tell({type: "error", text});
        }

        show(text) {
            this.cover.firstChild.textContent = text;
        }

        tell(message) {
            this.dispatchEvent(new CustomEvent("parley-" + message.type, {detail: message, bubbles: true}));
        }

        // hear takes a message of the figure's page.
        hear(message) {
            clearTimeout(this.patience);
            if (message.type === "loading") {
                this.show(Math.round(message.part * 100) + "%");
            } else if (message.type === "ready" || message.type === "error" && this.waiting) {
                const focused = this.shadowRoot.activeElement === this.cover;
                this.frame.dataset.on = "";
                this.cover.hidden = this.slotted.hidden = true;
                if (focused) {
                    this.frame.focus();
                }
                const waiting = this.waiting || [];
                this.waiting = null;
                waiting.forEach((m) => this.post(m));
            } else if (message.type === "time") {
                this.playing = message.playing;
                if (message.playing) {
                    run(this);
                }
            }
            this.tell(message);
        }

        post(message) {
            this.frame?.contentWindow?.postMessage({parley: version, ...message}, home);
        }

        // send is post, once the figure is ready; it starts the figure if need be.
        send(message) {
            this.start();
            if (this.waiting) {
                this.waiting.push(message);
            } else {
                this.post(message);
            }
        }

        play() { this.send({type: "play"}); }
        pause() { this.send({type: "pause"}); }
        seek(to) { this.send({type: "seek", to: String(to)}); }
        step(by = 1) { this.send({type: "step", by}); }
        act(line) { this.send({type: "act", line: String(line)}); }
        link() { this.send({type: "link"}); }
    }

    function make(name, attributes = {}) {
        const element = document.createElement(name);
        for (const key in attributes) {
            element.setAttribute(key, attributes[key]);
        }
        return element;
    }

    function run(figure) {
        if (running !== figure) {
            running?.frame && running.pause();
            running = figure;
        }
    }

    // Who is out of sight pauses, and plays on when it is seen again.
    const watcher = new IntersectionObserver((entries) => {
        for (const {target, isIntersecting, intersectionRatio} of entries) {
            if (!target.frame) {
                if (intersectionRatio >= .3 && target.getAttribute("load") === "visible") {
                    target.start();
                }
            } else if (!isIntersecting && target.playing) {
                target.held = true;
                target.pause();
            } else if (isIntersecting && target.held) {
                target.held = false;
                if (running === target) {
                    target.play();
                }
            }
        }
    }, {threshold: [0, .3]});

    addEventListener("message", (event) => {
        if (event.origin === home && event.data?.parley === version) {
            for (const figure of figures) {
                if (figure.frame?.contentWindow === event.source) {
                    figure.hear(event.data);
                }
            }
        }
    });

    addEventListener("click", (event) => {
        const from = event.target.closest?.("[data-parley-goto]");
        const [id, to] = from?.dataset.parleyGoto.split("#") ?? [];
        const figure = id && document.getElementById(id);
        if (to && figures.has(figure)) {
            event.preventDefault();
            figure.seek(to);
            figure.scrollIntoView({block: "nearest"});
        }
    });

    customElements.define("parley-play", Figure);
})();
