package main

// patch exchanges one passage of Vugu's script: from the text `from`, which occurs once,
// up to but without the next `upTo`.
type patch struct{ why, from, upTo, with string }

// What Vugu wrote to an element is remembered on the element:
//
//	el.vuguAttrs   attribute name -> value, as last written by Vugu
//	el.vuguEvents  event key -> {at, run}: the position to report and the listener
//	el.vuguFilled  whether its children are Vugu's; a painter's host has others
//	el.vuguHTML    the markup last written (vg-content)
//
// Whatever else is on an element is somebody else's and stays.
var patches = []patch{
	{
		why:  "make the eval of this very script do nothing, and write outside of sloppy mode",
		from: "    if (window.vuguRender) {", upTo: "    const opcodeEnd",
		with: `
    // Vugu calls window.eval once, with this script. It is here already.
    window.eval = function () {};

    // settle empties the element visited last when it had children of Vugu's and got
    // none this time: Vugu's instructions pass over it.
    function settle(state) {
        let leaf = state.leaf;
        state.leaf = null;
        if (leaf && leaf.vuguFilled) {
            leaf.replaceChildren();
            leaf.vuguFilled = false;
            leaf.vuguHTML = undefined;
        }
    }

    // changed reports whether a value of the DOM differs from what it should be.
    function changed(is, should) {
        return is !== should && !(is !== is && should !== should);
    }

    // textAt returns the text that stands somewhere in a buffer. Nearly all texts of a render
    // were in the one before, and short ones are not made again: they would be most of the
    // garbage of a render. Known are texts in ASCII by a hash of their bytes.
    const known = new Array(4096), knownLength = 64;
    let bytes = new Uint8Array(0);
    function textAt(view, from, length) {
        if (bytes.buffer !== view.buffer) {
            bytes = new Uint8Array(view.buffer);
        }
        from += view.byteOffset;
        let at = 0;
        if (length <= knownLength) {
            for (let i = 0; i < length; i++) {
                at = at * 31 + bytes[from + i] | 0;
            }
            at &= known.length - 1;
            const text = known[at];
            if (text !== undefined && standsAt(text, from, length)) {
                return text;
            }
        }
        const text = utf8decoder.decode(bytes.subarray(from, from + length));
        if (length <= knownLength && standsAt(text, from, length)) {
            known[at] = text;
        }
        return text;
    }

    // standsAt reports whether a text in ASCII is the one that stands there.
    function standsAt(text, from, length) {
        if (text.length !== length) {
            return false;
        }
        for (let i = 0; i < length; i++) {
            if (text.charCodeAt(i) !== bytes[from + i]) {
                return false;
            }
        }
        return true;
    }

`,
	},
	{
		why:  "a text that came before is not made again",
		from: "            var ret = utf8decoder.decode(", upTo: "            this.offset += len + 4;",
		with: `
            var ret = textAt(this.dataView, this.offset + 4, len);
`,
	},
	{
		why:  "events that a render itself causes (the blur of a removed field) must not call Go, which waits for the render: a deadlock",
		from: "    window.vuguRender = function () {", upTo: "        let buffer = window.vuguRenderArray;",
		with: `
    window.vuguRender = function () {
        let state = window.vuguState || {};
        window.vuguState = state;
        state.rendering = true;
        try {
            render.call(window, state);
        } finally {
            state.rendering = false;
        }
    };

    const textEncoder = new TextEncoder();

    function render(state) {

`,
	},
	{
		why:  "the state is a parameter now",
		from: "        let state = window.vuguState || {};\n        window.vuguState = state;\n\n\n        let textEncoder", upTo: "        let bufferView",
		with: "\n",
	},
	{
		why:  "positions are remembered on the elements, not beside them",
		from: "        state.eventHandlerMap = state.eventHandlerMap || {};", upTo: "        state.elEventKeys",
		with: "\n",
	},
	{
		why:  "write a property only when the DOM has another value: a cursor in a field stays where it is",
		from: "                        el[propName] = JSON.parse(propValueJSON);", upTo: "                        break;",
		with: `
                        let propValue = JSON.parse(propValueJSON);
                        if (changed(el[propName], propValue)) {
                            el[propName] = propValue;
                        }
`,
	},
	{
		why:  "write an attribute only when it changes",
		from: "                        el.setAttribute(attrName, attrValue);", upTo: "                        state.elAttrNames",
		with: `
                        el.vuguAttrs = el.vuguAttrs || new Map();
                        if (el.vuguAttrs.get(attrName) !== attrValue) {
                            el.vuguAttrs.set(attrName, attrValue);
                            el.setAttribute(attrName, attrValue);
                        }
`,
	},
	{
		why:  "write an attribute with a namespace only when it changes",
		from: "                        el.setAttributeNS(attrNamespace, attrName, attrValue);", upTo: "                        state.elAttrNames",
		with: `
                        el.vuguAttrs = el.vuguAttrs || new Map();
                        if (el.vuguAttrs.get(attrName) !== attrValue) {
                            el.vuguAttrs.set(attrName, attrValue);
                            el.setAttributeNS(attrNamespace, attrName, attrValue);
                        }
`,
	},
	{
		why:  "remove only attributes that Vugu wrote; an element of the static page that Vugu takes over begins empty",
		from: "                        let rmAttrNames = [];", upTo: "                        break;\n                    }",
		with: `
                        let el = state.el;
                        if (!el.vuguTaken) {
                            el.vuguTaken = true;
                            for (let name of el.getAttributeNames()) {
                                if (!state.elAttrNames[name]) {
                                    el.removeAttribute(name);
                                }
                            }
                        } else if (el.vuguAttrs) {
                            for (let name of el.vuguAttrs.keys()) {
                                if (!state.elAttrNames[name]) {
                                    el.vuguAttrs.delete(name);
                                    el.removeAttribute(name);
                                }
                            }
                        }

`,
	},
	{
		why:  "write a text only when it changes: a selection stays",
		from: "                            state.el.textContent = content;\n                        }\n\n                        break;\n                    }\n\n                    case opcodeSetComment", upTo: "                        }\n\n                        break;",
		with: `
                            if (state.el.data !== content) {
                                state.el.data = content;
                            }
`,
	},
	{
		why:  "write a comment only when it changes",
		from: "                            state.el.textContent = content;\n                        }\n\n                        break;\n                    }\n\n                    case opcodeBufferInnerHTML", upTo: "                        }\n\n                        break;",
		with: `
                            if (state.el.data !== content) {
                                state.el.data = content;
                            }
`,
	},
	{
		why:  "remove the listeners that this render did not ask for, by element: one that moved to another position keeps none of its old ones",
		from: "                        let emap = state.eventHandlerMap[positionID] || {};\n                        let toBeRemoved", upTo: "                        break;\n                    }",
		with: `
                        let events = state.el.vuguEvents;
                        if (events) {
                            for (let [key, listener] of events) {
                                if (!state.elEventKeys[key]) {
                                    let kparts = key.split("|");
                                    state.el.removeEventListener(kparts[0], listener.run, {capture: kparts[1] === "1"});
                                    events.delete(key);
                                }
                            }
                        }
                        state.leaf = state.el;

`,
	},
	{
		why:  "one listener for an element and an event, told where the element stands now; it sends what handlers read and not the element's markup",
		from: "                        let emap = state.eventHandlerMap[positionID] || {};\n\n", upTo: "                                let encodeResultBuffer",
		with: `
                        let events = state.el.vuguEvents = state.el.vuguEvents || new Map();
                        let listener = events.get(eventKey);
                        if (listener) {
                            listener.at = positionID;
                        } else {
                            listener = {at: positionID};
                            listener.run = function (event) {
                                if (state.rendering) {
                                    return;
                                }
                                state.activeEvent = event;

                                let pick = function (from, names) {
                                    let picked = {};
                                    for (let name of names) {
                                        let type = typeof from[name];
                                        if (type === "boolean" || type === "number" || type === "string") {
                                            picked[name] = from[name];
                                        }
                                    }
                                    return picked;
                                };
                                let eventObj = pick(event, eventProps);
                                if (event.target) {
                                    eventObj.target = pick(event.target, targetProps);
                                }

                                let fullJSON = JSON.stringify({
                                    position_id: listener.at,
                                    event_type: eventType,
                                    capture: !!capture,
                                    passive: !!passive,
                                    event_summary: eventObj,
                                });

`,
	},
	{
		why:  "keep the listener with its element",
		from: "                            emap[eventKey] = f;", upTo: "                        break;",
		with: `
                            events.set(eventKey, listener);
                            state.el.addEventListener(eventType, listener.run, {capture: !!capture, passive: !!passive});
                        }

`,
	},
	{
		why:  "what handlers may read of an event and of its target",
		from: "    let utf8decoder = new TextDecoder();", upTo: "    window.vuguGetActiveEvent = ",
		with: `
    const utf8decoder = new TextDecoder();

    const eventProps = [
        "type", "key", "code", "repeat", "ctrlKey", "shiftKey", "altKey", "metaKey",
        "button", "buttons", "clientX", "clientY", "offsetX", "offsetY", "deltaX", "deltaY", "deltaMode",
        "detail", "pointerId", "pointerType", "isPrimary",
    ];
    const targetProps = ["id", "tagName", "type", "name", "value", "checked", "valueAsNumber", "selectedIndex", "open"];

`,
	},
	{
		why:  "an element that is left without having got children is settled",
		from: "                    case opcodeMoveToParent: {", upTo: "                        if (state.nextElMove",
		with: `
                    case opcodeMoveToParent: {
                        settle(state);
`,
	},
	{
		why:  "so is one that a sibling follows",
		from: "                    case opcodeMoveToNextSibling: {", upTo: "                        if (state.nextElMove",
		with: `
                    case opcodeMoveToNextSibling: {
                        settle(state);
`,
	},
	{
		why:  "write markup only when it changes; an element that is empty in a template and was never filled by Vugu is a host of somebody else's",
		from: "                        state.el.innerHTML = ", upTo: "                        state.bufferedInnerHTML = null",
		with: `
                        state.leaf = null;
                        html = (state.bufferedInnerHTML || "") + html;
                        if (html !== (state.el.vuguFilled ? state.el.vuguHTML : "")) {
                            state.el.innerHTML = html;
                            state.el.vuguHTML = html;
                            state.el.vuguFilled = true;
                        }
`,
	},
	{
		why:  "an element that gets children is no leaf",
		from: "                        state.nextElMove = \"first_child\";", upTo: "                        break;",
		with: `
                        state.nextElMove = "first_child";
                        state.leaf = null;
                        state.el.vuguFilled = true;
                        state.el.vuguHTML = undefined;

`,
	},
}
