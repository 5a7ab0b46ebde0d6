// The Worker's entry: who answers what. The home page is a file, everything else that is
// computed is answered by the HTTP API, which is Go (api/).
import api from "./api/worker.mjs";
import index from "./index.html";
import embed from "./embed.html";

export default {
  async fetch(request, env, ctx) {
    const url = new URL(request.url);
    if (url.pathname === "/" && (request.method === "GET" || request.method === "HEAD")) {
      url.pathname = "/index.html";
      return env.ASSETS.fetch(new Request(url, request));
    }
    return api.fetch(request, { ...env, PAGE_INDEX: index, PAGE_EMBED: embed }, ctx);
  },
};
