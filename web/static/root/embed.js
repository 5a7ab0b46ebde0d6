// <parley-play>: a figure of Parley in a page of yours, described in docs/embed.md.
// This file is small because a page waits for it: it shows a poster, and frames the site
// that it came from when the reader starts the figure.
(() => {
    const version = 1;
    const home = new URL(document.currentScript.src).origin;
    const figures = new Set();
    let running; // the one that plays: there is one engine at work at a time

    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`
        :host{display:block;position:relative;overflow:hidden;aspect-ratio:var(--parley-ratio,4/3)}
        slot,img,iframe,button{display:block;width:100%;height:100%}
        iframe,button{position:absolute;inset:0;border:0}
        iframe:not(.on){visibility:hidden}
        button{background:none;cursor:pointer;color:#fff;font:600 14px system-ui}
        button::before{content:attr(data-says);display:block;width:64px;margin:auto;border-radius:50%;background:#17191d;box-shadow:0 0 0 2px #fff;line-height:64px}
        button:focus-visible{outline:3px solid #1f5fd0;outline-offset:-3px}
        [hidden]{display:none}`);

    const make = (name, properties) => Object.assign(document.createElement(name), properties);

    // Who is out of sight pauses, and plays on when it is seen again.
    const watcher = new IntersectionObserver((entries) => {
        for (const {target, isIntersecting: seen, intersectionRatio} of entries) {
            intersectionRatio >= .3 && target.getAttribute("load") == "visible" && target.start();
            if (!seen && target.playing) {
                target.held = true;
                target.send({type: "pause"});
            } else if (seen && target.held) {
                target.held = false;
                running == target && target.send({type: "play"});
            }
        }
    }, {threshold: [0, .3]});

    class Figure extends HTMLElement {
        connectedCallback() {
            figures.add(this);
            this.shadowRoot || this.build();
            watcher.observe(this);
            this.getAttribute("load") == "now" && this.start();
        }

        disconnectedCallback() {
            figures.delete(this);
            watcher.unobserve(this);
            this.stop();
        }

        build() {
            const root = this.attachShadow({mode: "open"});
            root.adoptedStyleSheets = [sheet];
            const address = this.address();
            let image = this.querySelector("img");
            this.poster = make("slot");
            if (image) {
                const {width, height} = image.attributes;
                width && height && this.style.setProperty("--parley-ratio", width.value / height.value);
                image.style.cssText += "max-width:100%;height:auto";
            } else if (address) {
                this.poster = image = make("img", {alt: "", src: address.poster});
            }
            const label = this.getAttribute("label") || "Play: " + (image?.alt || "a run of Parley");
            this.cover = make("button", {ariaLabel: label, onclick: () => this.start()});
            root.append(this.poster, this.cover);
            this.stop();
            this.cover.hidden = !address;
        }

        // address returns where the figure and its poster are, on the site that this file came from and nowhere else.
        address() {
            let src;
            try {
                src = new URL(this.getAttribute("src"), home);
            } catch {}
            if (src?.origin != home) {
                return;
            }
            const query = src.searchParams;
            for (const key of ["t", "until", "view", "mode", "theme", "lang"]) {
                const value = this.getAttribute(key);
                value && query.set(key, value);
            }
            const name = /(?:^\/s\/|#s=)([\w-]+)/.exec(src.pathname + src.hash)?.[1];
            const poster = home + (name ? `/s/${name}.svg?${query}` : "/poster.svg");
            name && query.set("s", name);
            return {poster, page: `${home}/embed?${query}${name ? "" : src.hash}`};
        }

        start() {
            const address = this.address();
            if (this.frame || !address) {
                return;
            }
            const frame = this.frame = make("iframe", {src: address.page, title: this.cover.ariaLabel});
            frame.onload = () => {
                this.post({type: "hello"});
                // A frame that says nothing holds no figure, but a sentence why.
                setTimeout(() => this.waiting && (frame.className = "on"), 9e3);
            };
            this.waiting = [];
            this.show("…");
            this.shadowRoot.append(frame);
            this.run();
        }

        stop() {
            this.frame?.remove();
            this.frame = this.waiting = null;
            this.cover.hidden = this.poster.hidden = this.playing = false;
            this.show("▶");
        }

        show(text) {
            this.cover.dataset.says = text;
        }

        // run makes this figure the one that plays; the other is halted until it says so.
        run() {
            if (running != this && (running?.playing || running?.waiting)) {
                running.halted = true;
                running.send({type: "pause"});
            }
            this.halted = false;
            running = this;
        }

        hear(message) {
            const {type} = message;
            type == "loading" && this.show(Math.round(message.part * 100) + "%");
            if (type == "time") {
                this.playing = message.playing;
                if (!this.playing) {
                    this.halted = false;
                } else if (!this.halted) {
                    this.run();
                }
            }
            if (this.waiting && (type == "ready" || type == "error")) {
                this.frame.className = "on";
                this.shadowRoot.activeElement && this.frame.focus();
                this.cover.hidden = this.poster.hidden = true;
                const waiting = this.waiting;
                this.waiting = null;
                waiting.map((m) => this.post(m));
            }
            this.dispatchEvent(new CustomEvent("parley-" + type, {detail: message, bubbles: true}));
        }

        post(message) {
            this.frame.contentWindow?.postMessage({parley: version, ...message}, home);
        }

        // send sends a command, and starts the figure for it if need be.
        send(message) {
            this.start();
            this.waiting ? this.waiting.push(message) : this.frame && this.post(message);
        }
    }

    // Not before the page is read: what stands inside a figure belongs to it.
    const define = () => customElements.define("parley-play", Figure);
    document.readyState == "loading" ? addEventListener("DOMContentLoaded", define) : define();

    addEventListener("message", ({origin, source, data}) => {
        for (const figure of figures) {
            origin == home && data?.parley === version && figure.frame?.contentWindow == source && figure.hear(data);
        }
    });

    addEventListener("click", (event) => {
        const goto = event.target.closest?.("[data-parley-goto]")?.dataset.parleyGoto.split("#");
        const figure = goto && document.getElementById(goto[0]);
        if (figures.has(figure)) {
            event.preventDefault();
            figure.send({type: "seek", to: goto[1]});
            figure.scrollIntoView({block: "nearest"});
        }
    });
})();
