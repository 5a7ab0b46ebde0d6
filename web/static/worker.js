// The engine's Web Worker: loads wasm/engine and carries frames between it and the
// page (package frame says what is in them).
//
// From the page come frames, as ArrayBuffers, and {away: true} when it closes or the browser
// puts it aside, {away: false} when it is shown again. To the page go frames, as ArrayBuffers,
// which the engine posts itself, and these objects:
//
//   {loaded}          bytes of the engine so far
//   {failed, detail}  the engine is not there, or no longer: "load" or "stopped", and
//                     what a developer may want to know
//
// The fragment of the worker's address names the algorithm: each is a file of its own
// (package registry), and only the one that is looked at is loaded; room is the one for
// live rooms, which has all of them. An engine of an earlier
// epoch, which some link asks for, is named with its epochs: raft-1.1.
"use strict";

const joinFrame = 11; // the type of frame.Join

const engines = {
    raft: "/assets/engine-raft.wasm",
    multipaxos: "/assets/engine-multipaxos.wasm",
    synod: "/assets/engine-synod.wasm",
    room: "/assets/engine-room.wasm",
    // engines of earlier epochs
};
// Each needs the loader of the toolchain that built it.
const loaders = {
    // loaders of engines of earlier epochs
};
const asked = location.hash.slice(1);
let engine = engines[asked] ? asked : "raft";

importScripts(loaders[engine] || "/assets/wasm_exec.js");

const waiting = [];
let loading = true; // frames have to wait
let printed = ""; // the end of what the engine printed: a panic's text and stack
const write = globalThis.fs.writeSync;

// parleyRoom gives the engine what it needs for a live room, and null if that cannot be
// loaded.
let room = null;
globalThis.parleyRoom = function (tab) {
    try {
        importScripts("/assets/room.js");
        room = parleyRoomOf(tab);
    } catch (error) {
        console.warn("parley: " + error);
    }
    return room;
};

onmessage = function (event) {
    if ("away" in event.data) {
        room?.away(event.data.away);
        return;
    }
    // A live room needs what only one engine has. It takes the place of the one that is here,
    // unseen by the page, if the worker was not begun with it.
    if (!loading && engine !== "room" && new Uint8Array(event.data)[1] === joinFrame) {
        engine = "room";
        importScripts("/assets/wasm_exec.js");
        start();
    }
    if (loading) {
        waiting.push(event.data);
        return;
    }
    try {
        globalThis.parleyReceive(new Uint8Array(event.data));
    } catch (error) {
        stopped(error);
    }
};

function stopped(error) {
    postMessage({failed: "stopped", detail: (printed || String(error)).slice(-4000)});
    close();
}

// count tells how much of a response has come, ten times a second. It reads a copy: the
// response itself goes to the compiler as it is, and may be kept compiled for the next visit.
async function count(response) {
    const reader = response.clone().body.getReader();
    let loaded = 0, told = 0;
    for (;;) {
        const {done, value} = await reader.read();
        loaded += value?.byteLength || 0;
        if (done || performance.now() - told > 100) {
            told = performance.now();
            postMessage({loaded});
        }
        if (done) {
            return;
        }
    }
}

async function load() {
    const go = new Go();
    globalThis.fs.writeSync = function (file, bytes) {
        printed = (printed + new TextDecoder().decode(bytes)).slice(-8000);
        return write(file, bytes);
    };
    const response = await fetch(engines[engine]);
    if (!response.ok) {
        throw new Error(engines[engine] + ": " + response.status + " " + response.statusText);
    }
    count(response).catch(() => {}); // the compiler tells of it
    const program = await WebAssembly.instantiateStreaming(response, go.importObject);
    const end = go.run(program.instance);
    loading = false;
    for (const frame of waiting.splice(0)) {
        onmessage({data: frame});
    }
    end.then(() => stopped("the engine ended"), stopped);
}

function start() {
    loading = true;
    load().catch((error) => postMessage({failed: "load", detail: String(error)}));
}

start();
