// The Worker's entry: who answers what. The home page is a file; sockets of rooms go to the
// room's object; everything else that is computed is answered by the HTTP API, which is Go
// (api/). Whether a socket may come in is Go's to say, too (room/).
import api from "./api/worker.mjs";
import index from "./index.html";
import embed from "./embed.html";
import { rules } from "./rules.mjs";

export { Room } from "./room.mjs";

// What admits of room/main.go answers.
const comesIn = 0, noSuchRoom = 1;
// Why a connection is closed; see farewells there.
const noRoom = 0;

export default {
  async fetch(request, env, ctx) {
    const url = new URL(request.url);
    if (url.pathname === "/" && (request.method === "GET" || request.method === "HEAD")) {
      url.pathname = "/index.html";
      return env.ASSETS.fetch(new Request(url, request));
    }
    const id = /^\/rooms\/([^/]*)\/socket$/.exec(url.pathname)?.[1];
    if (id !== undefined && request.headers.get("Upgrade")?.toLowerCase() === "websocket") {
      const go = rules();
      switch (go.call("admits", ...go.put(id, request.headers.get("Origin") ?? "", url.host, env.ORIGINS ?? ""))) {
        case comesIn:
          return env.ROOMS.get(env.ROOMS.idFromName(id)).fetch(request);
        case noSuchRoom:
          return closed(go.farewell(noRoom));
      }
    }
    return api.fetch(request, { ...env, PAGE_INDEX: index, PAGE_EMBED: embed }, ctx);
  },
};

// A socket that is closed at once: a page cannot read why an upgrade was refused.
function closed([code, reason]) {
  const [client, server] = Object.values(new WebSocketPair());
  server.accept();
  server.close(code, reason);
  return new Response(null, { status: 101, webSocket: client });
}
