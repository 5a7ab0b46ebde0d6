// A Web Worker that makes files of a run, and shows journals (wasm/files). outside.js
// starts it when it is wanted first, and sends
//
//   {id, make: frames, order}   answered by {id, file: Uint8Array}
//   {id, show: Uint8Array}      answered by {id, frames: [Uint8Array, …]}
//
// or by {id, why}, a sentence, or nothing but {id} when this program itself was not there.
"use strict";

importScripts("/assets/wasm_exec.js");

const ready = new Promise((resolve, reject) => {
    globalThis.parleyFilesReady = resolve;
    const go = new Go();
    WebAssembly.instantiateStreaming(fetch("/assets/files.wasm"), go.importObject)
        .then((program) => go.run(program.instance))
        .then(() => reject(new Error("the program ended")), reject);
});

async function answer({make, order, show}) {
    await ready;
    if (make) {
        const file = parleyMake(make, order);
        return typeof file === "string" ? {why: file} : {file};
    }
    const algorithms = new Uint8Array(await (await fetch("/assets/algorithms.bin")).arrayBuffer());
    const frames = parleyShow(show, algorithms);
    return typeof frames === "string" ? {why: frames} : {frames};
}

onmessage = async (event) => {
    const {id} = event.data;
    try {
        postMessage({id, ...await answer(event.data)});
    } catch (error) {
        console.warn("parley: " + error);
        postMessage({id});
    }
};
