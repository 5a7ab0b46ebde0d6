// A live room as a Durable Object: sockets, a clock and a storage for the rules, which are
// Go's (rules.mjs, and package room). Nothing here decides anything.
//
// The object may be evicted at any time when nothing happens, and Go may fail. So each record
// is stored before what follows from it is sent (the runtime holds back what is sent until
// writes are durable), and what Go wants to know of a connection again is attached to its
// socket, which the runtime keeps.
import { DurableObject } from "cloudflare:workers";
import { rules, Trap } from "./rules.mjs";

// Why connections are closed; see farewells in room/main.go.
const noRoom = 0, failed = 1, foreign = 2, restarts = 3;

// Milliseconds. What is due within near is waited for with a timer, which keeps the object in
// memory; what is later with an alarm. Who is behind with reading is looked at again soon if
// there is more to be sent, and later if not.
const near = 10_000, soon = 5, later = 1000;

// lowWater is below how many waiting bytes a connection takes more of the trace.
const lowWater = 64 << 10;

// partMax is how many bytes of a record are stored under one key.
const partMax = 1 << 20;

export class Room extends DurableObject {
  #go = null; // the instance of Go that has the room
  #handle = 0;
  #sockets = new Map(); // by number
  #last = 0; // the number that was given last
  #draining = new Set(); // numbers of sockets of whose frames Go wants to know when they are written
  #behind = Infinity; // after how many milliseconds sockets are to be looked at again
  #clock;
  #alarm = 0;

  constructor(ctx, env) {
    super(ctx, env);
    // Pings (package hosting) are answered without waking the object.
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
  }

  async fetch(request) {
    switch (new URL(request.url).pathname) {
      case "/create":
        return this.#create(await request.json());
      case "/about": {
        const about = this.ctx.storage.kv.get("about");
        return new Response(about ?? null, { status: about === undefined ? 404 : 200 });
      }
    }
    const [client, server] = Object.values(new WebSocketPair());
    this.ctx.acceptWebSocket(server);
    this.#act((go) => {
      const number = ++this.#last;
      this.#sockets.set(number, server);
      server.serializeAttachment([number, null]);
      go.call("connect", this.#handle, Date.now(), number);
    }, server);
    return new Response(null, { status: 101, webSocket: client });
  }

  webSocketMessage(socket, message) {
    this.#hear(socket, (go, number) => {
      if (typeof message === "string") go.call("text", this.#handle, Date.now(), number);
      else go.call("receive", this.#handle, Date.now(), number, go.putMessage(message));
    });
  }

  webSocketClose(socket, code) {
    this.#hear(socket, (go, number) => {
      this.#sockets.delete(number);
      go.call("disconnect", this.#handle, Date.now(), number, code);
    });
    try {
      socket.close(1000);
    } catch {} // the runtime has answered already
  }

  webSocketError(socket) {
    this.webSocketClose(socket, 1006);
  }

  alarm() {
    this.#alarm = 0;
    this.#act((go) => go.call("tick", this.#handle, Date.now()));
  }

  // Makes the room of this object.
  #create({ id, token, script }) {
    try {
      const go = rules();
      const handle = go.call("fresh", Date.now(), ...go.put(id, token, script));
      if (!handle) return new Response(go.text(), { status: 422 });
      this.#go = go;
      this.#handle = handle;
      go.hold(id, handle);
      go.call("about", handle);
      this.ctx.storage.kv.put("id", id);
      this.ctx.storage.kv.put("about", go.text());
      this.#carry();
      return new Response(null, { status: 201 });
    } catch (err) {
      if (err instanceof Trap) this.ctx.storage.deleteAll();
      throw err;
    }
  }

  // What one socket does; one that was sent away is not listened to.
  #hear(socket, what) {
    const attached = socket.deserializeAttachment();
    if (attached) this.#act((go) => this.#sockets.has(attached[0]) && what(go, attached[0]), socket);
  }

  // Lets Go do something, and carries out what follows. When Go fails in it, this room's
  // connections are ended; those of others go on when their rooms are needed next.
  #act(what, socket) {
    try {
      if (!this.#wake()) {
        if (socket) this.#dismiss(socket, rules().farewell(noRoom));
        return;
      }
      what(this.#go);
      this.#carry();
    } catch (err) {
      if (!(err instanceof Trap)) throw err;
      this.#end(failed);
    }
  }

  // Makes sure that Go has the room, and returns false if there is none.
  #wake() {
    const go = rules();
    const id = this.ctx.storage.kv.get("id");
    if (id === undefined) return false;
    if (this.#go === go && go.holds(id, this.#handle)) return true;
    const { parts, saved, first } = this.ctx.storage.kv.get("record");
    const rest = Array.from({ length: parts - 1 }, (_, i) => this.ctx.storage.kv.get("record" + (i + 1)));
    const sizes = go.put(id, first, ...rest);
    this.#handle = go.call("restore", saved, sizes[0], sizes.slice(1).reduce((n, size) => n + size, 0));
    if (!this.#handle) {
      console.error(`room ${id.slice(0, 6)} cannot be restored: ${go.text()}`);
      this.#end(foreign);
      return false;
    }
    this.#go = go;
    go.hold(id, this.#handle);
    this.#reattach();
    console.log(`room ${id.slice(0, 6)} restored, with ${this.#sockets.size} connections`);
    go.call("tick", this.#handle, Date.now());
    return true;
  }

  // Brings the sockets that are open back into the room.
  #reattach() {
    this.#sockets.clear();
    this.#draining.clear();
    for (const socket of this.ctx.getWebSockets()) {
      const attached = socket.deserializeAttachment();
      if (!attached) continue;
      const [number, kept] = attached;
      if (kept && this.#go.call("reattach", this.#handle, Date.now(), number, ...this.#go.put(kept))) {
        this.#sockets.set(number, socket);
        this.#last = Math.max(this.#last, number);
      } else {
        this.#dismiss(socket, this.#go.farewell(restarts));
      }
    }
  }

  // Stores what is to be stored, sends what is to be sent, and sets the clock.
  #carry() {
    const go = this.#go, handle = this.#handle;
    for (let more = true; more; ) {
      if (go.call("unsaved", handle)) this.#store(go.bytes());
      more = this.#send();
      if (this.#look()) more = true;
    }
    for (const [number, socket] of this.#sockets) {
      if (go.call("attachment", handle, number)) socket.serializeAttachment([number, new Uint8Array(go.bytes())]);
    }
    if (go.call("over", handle, Date.now())) this.#remove();
    else this.#wait();
  }

  // Does what Go has to do for connections, and returns whether there was anything.
  #send() {
    const go = this.#go, handle = this.#handle;
    let any = false;
    for (let o; (o = go.out(handle)); any = true) {
      const socket = this.#sockets.get(o.peer);
      if (!socket) continue;
      if (o.frame.byteLength > 0 && go.call("waits", handle, Date.now(), o.peer, socket.bufferedAmount, 1)) socket.send(o.frame);
      if (o.more) this.#draining.add(o.peer);
      if (o.doubt) {
        const last = this.ctx.getWebSocketAutoResponseTimestamp(socket);
        if (last) go.call("heard", handle, Date.now(), o.peer, last.getTime());
      }
      if (o.close[0] !== 0) {
        this.#sockets.delete(o.peer);
        this.#dismiss(socket, o.close);
      }
    }
    return any;
  }

  // Looks at what waits for connections, and returns whether something follows from it.
  #look() {
    const go = this.#go, handle = this.#handle, now = Date.now();
    let any = false;
    this.#behind = Infinity;
    for (const [number, { bufferedAmount: waiting }] of this.#sockets) {
      const drains = this.#draining.has(number);
      if (drains && waiting <= lowWater) {
        this.#draining.delete(number);
        go.call("drained", handle, now, number);
        any = true;
      } else if (!go.call("waits", handle, now, number, waiting, 0)) {
        any = true;
      } else if (waiting > 0) {
        this.#behind = Math.min(this.#behind, drains ? soon : later);
      }
    }
    return any;
  }

  #store(record) {
    const kv = this.ctx.storage.kv;
    const part = (i) => new Uint8Array(record.slice(i * partMax, (i + 1) * partMax));
    const parts = Math.max(1, Math.ceil(record.byteLength / partMax));
    for (let i = 1; i < parts; i++) kv.put("record" + i, part(i));
    kv.put("record", { parts, saved: Date.now(), first: part(0) }); // nearly always all of it
  }

  // Waits for what is due next. A room in which that is not soon is at rest: the object may be
  // evicted, and Go may forget the room.
  #wait() {
    const go = this.#go, now = Date.now();
    const at = go.call("next", this.#handle);
    const after = Math.min(this.#behind, at < 0 ? Infinity : Math.max(0, at - now));
    clearTimeout(this.#clock);
    if (after < near) {
      this.#clock = setTimeout(() => this.#act((go) => go.call("tick", this.#handle, Date.now())), after);
    } else {
      if (go.call("settle", this.#handle, now)) this.#store(go.bytes());
      if (at >= 0 && Math.abs(at - this.#alarm) > 1000) this.ctx.storage.setAlarm((this.#alarm = at));
    }
    go.rest(this.ctx.storage.kv.get("id"), after >= near);
  }

  // Removes a room that is over.
  #remove() {
    this.#go.forget(this.ctx.storage.kv.get("id"));
    this.#end(noRoom);
    this.ctx.storage.deleteAlarm();
    this.ctx.storage.deleteAll();
  }

  // Ends all connections. The room is as it is stored.
  #end(why) {
    clearTimeout(this.#clock);
    this.#go = null;
    this.#sockets.clear();
    this.#draining.clear();
    for (const socket of this.ctx.getWebSockets()) {
      if (socket.deserializeAttachment()) this.#dismiss(socket, rules().farewell(why));
    }
  }

  #dismiss(socket, [code, reason]) {
    socket.serializeAttachment(null);
    socket.close(code, reason);
  }
}
