// The rules of live rooms: one instance of Go, which all rooms of this isolate share (one each
// would take six times the memory). It starts when the first room needs it. A panic in it ends
// it, and with it what it knows of all its rooms; the next call starts another one, and each
// room goes on from its storage (room.mjs).
import module from "./room.wasm";

// Trap is thrown when the instance has ended in the middle of a call.
export class Trap extends Error {}

// The places of what Go leaves behind; see room/main.go.
const bytesAt = 0, bytesLength = 1, peerAt = 2, moreAt = 3, doubtAt = 4, closeAt = 5, reasonAt = 6, reasonLength = 7, places = 8;

// restingMax is how many rooms are remembered in which nothing happens for now. Each of them
// may be forgotten at any time.
const restingMax = 50;

let current = null;

// rules returns the instance.
export function rules() {
  return (current ??= new Rules());
}

class Rules {
  #go;
  #said;
  #handles = new Map(); // by the ID of the room; those at rest longest come first
  #resting = new Set(); // IDs

  constructor() {
    const instance = new WebAssembly.Instance(module, { wasi_snapshot_preview1: system(() => this.#go.memory.buffer) });
    this.#go = instance.exports;
    this.call("_initialize");
    this.#said = this.call("result");
  }

  // call calls a function of Go.
  call(name, ...numbers) {
    try {
      return this.#go[name](...numbers);
    } catch (err) {
      if (current === this) current = null;
      console.error(`the rules of the rooms have failed in ${name}: ${err.message}`);
      throw new Trap(name, { cause: err });
    }
  }

  // put writes strings and bytes to where Go reads them, and returns how long each is.
  put(...parts) {
    const encoded = parts.map((p) => (typeof p === "string" ? new TextEncoder().encode(p) : p));
    const size = encoded.reduce((n, b) => n + b.byteLength, 0);
    let at = this.call("input", size);
    const memory = new Uint8Array(this.#go.memory.buffer);
    for (const b of encoded) {
      memory.set(b, at);
      at += b.byteLength;
    }
    return encoded.map((b) => b.byteLength);
  }

  // putMessage writes a message. Of one that is too large no more is written than shows that.
  putMessage(message) {
    const most = (1 << 20) + 1;
    return this.put(new Uint8Array(message, 0, Math.min(message.byteLength, most)))[0];
  }

  #number(place) {
    return new Uint32Array(this.#go.memory.buffer, this.#said, places)[place];
  }

  #bytes(at, length) {
    const from = this.#number(at);
    return this.#go.memory.buffer.slice(from, from + this.#number(length));
  }

  // bytes returns what the last call has left behind.
  bytes() {
    return this.#bytes(bytesAt, bytesLength);
  }

  text() {
    return new TextDecoder().decode(this.bytes());
  }

  // close returns the code and the reason of a close.
  close() {
    return [this.#number(closeAt), new TextDecoder().decode(this.#bytes(reasonAt, reasonLength))];
  }

  // out returns the next thing to do for a room, null if there is none.
  out(handle) {
    if (!this.call("out", handle)) return null;
    const [more, doubt] = [moreAt, doubtAt].map((place) => this.#number(place) === 1);
    return { peer: this.#number(peerAt), frame: this.bytes(), more, doubt, close: this.close() };
  }

  farewell(why) {
    this.call("farewell", why);
    return this.close();
  }

  // hold takes the handle of a room down; another one that the room had is forgotten.
  hold(id, handle) {
    this.forget(id);
    this.#handles.set(id, handle);
  }

  holds(id, handle) {
    return this.#handles.get(id) === handle;
  }

  forget(id) {
    const handle = this.#handles.get(id);
    this.#handles.delete(id);
    this.#resting.delete(id);
    if (handle !== undefined) this.call("forget", handle);
  }

  // rest says whether a room is at rest, and so may be forgotten. (Nobody tells when an object
  // is evicted: its room would stay here for ever.)
  rest(id, quiet) {
    this.#resting.delete(id);
    if (quiet) this.#resting.add(id);
    if (this.#resting.size > restingMax) this.forget(this.#resting.values().next().value);
  }
}

// system is what Go asks of a system (WASI, preview 1): a clock, random numbers, and a place
// for what it writes when it fails. It has no files, arguments or other threads.
function system(memory) {
  const view = () => new DataView(memory());
  const ok = () => 0;
  const bad = () => 8; // EBADF
  const none = (count, size) => {
    view().setUint32(count, 0, true);
    view().setUint32(size, 0, true);
    return 0;
  };
  return {
    args_sizes_get: none, args_get: ok, environ_sizes_get: none, environ_get: ok,
    sched_yield: ok, poll_oneoff: ok, // Go asks to be woken; whoever calls next does that
    fd_close: ok, fd_fdstat_get: bad, fd_fdstat_set_flags: bad, fd_prestat_get: bad, fd_prestat_dir_name: bad,
    clock_time_get(id, precision, at) {
      view().setBigUint64(at, BigInt(Date.now()) * 1000000n, true);
      return 0;
    },
    random_get(at, size) {
      for (let from = 0; from < size; from += 65536) {
        crypto.getRandomValues(new Uint8Array(memory(), at + from, Math.min(65536, size - from)));
      }
      return 0;
    },
    fd_write(fd, list, count, written) {
      let text = "", n = 0;
      for (let i = 0; i < count; i++) {
        const from = view().getUint32(list + 8 * i, true), size = view().getUint32(list + 8 * i + 4, true);
        text += new TextDecoder().decode(memory().slice(from, from + size));
        n += size;
      }
      view().setUint32(written, n, true);
      console.error(text.trimEnd());
      return 0;
    },
    proc_exit(code) {
      throw new Error(`Go has ended with status ${code}`);
    },
  };
}
