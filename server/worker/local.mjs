// Runs the Worker on this machine, on workerd, with everything that wrangler.jsonc binds kept
// in a folder. It asks nothing of the network and needs no account.
//
//   node local.mjs [--address HOST:PORT] [--data FOLDER] [--until-eof]
//
// With --until-eof it stops when its input ends, and so with the program that started it.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);
const { Miniflare, Log, LogLevel } = createRequire(require.resolve("wrangler"))("miniflare");

const { values: asked } = parseArgs({
  options: {
    address: { type: "string", default: "localhost:8787" },
    data: { type: "string", default: join(here, "state") },
    "until-eof": { type: "boolean", default: false },
  },
});
const colon = asked.address.lastIndexOf(":");
const workerOptions = settings();

// settings reads wrangler.jsonc as Wrangler does. Wrangler itself takes seconds to load, so
// what it says is kept beside the file, together with what it was said of.
function settings() {
  const file = join(here, "wrangler.jsonc"), kept = join(here, "settings.json");
  const of = here + "\n" + readFileSync(file, "utf8");
  try {
    const known = JSON.parse(readFileSync(kept, "utf8"));
    if (known.of === of) return known.options;
  } catch {} // there is none
  const { workerOptions: options } = require("wrangler").unstable_getMiniflareWorkerOptions(file);
  writeFileSync(kept, JSON.stringify({ of, options }));
  return options;
}

const server = new Miniflare({
  ...workerOptions,
  modulesRoot: here,
  scriptPath: join(here, "worker.mjs"),
  modules: true,
  modulesRules: [{ type: "ESModule", include: ["**/*.js", "**/*.mjs"] }, ...workerOptions.modulesRules],
  host: asked.address.slice(0, colon),
  port: Number(asked.address.slice(colon + 1)),
  defaultPersistRoot: resolve(asked.data),
  cf: false,
  log: new Log(LogLevel.WARN),
});

async function stop() {
  await server.dispose();
  process.exit(0);
}
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, stop);
if (asked["until-eof"]) process.stdin.on("end", stop).resume();

try {
  const url = await server.ready;
  console.log(`Parley is at ${url} (Ctrl-C stops it)`);
} catch (err) {
  console.error(`The Worker could not be started: ${err.message}`);
  await server.dispose().catch(() => {});
  process.exit(1);
}
