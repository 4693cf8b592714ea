// A service instance in another language, made from CONTRACT.md alone: the scripts come out of the
// document, nothing out of the kit, and no package is needed.
//   node follower.mjs CONTRACT.md   with OPS_SERVICE, REDIS_URL, RUN_TOKEN, ACCOUNTING_URL, DRY_RUN

import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect } from "node:net";

const { OPS_SERVICE, REDIS_URL, RUN_TOKEN, ACCOUNTING_URL, DRY_RUN, OPS_FINGERPRINT_KEY } = process.env;
const contract = readFileSync(process.argv[2], "utf8");
const scripts = Object.fromEntries(
  [...contract.matchAll(/```lua\n-- (\w+)\.lua\n([\s\S]*?)```/g)].map(([, name, text]) => [name, text]),
);
const instance = `node-${randomBytes(3).toString("hex")}`;
const started = Date.now() / 1000;
const key = (...parts) => ["ops:1", OPS_SERVICE, ...parts].join(":");

// --- Redis: the protocol in as few lines as it takes ---------------------------------------------
const url = new URL(REDIS_URL);
const socket = connect(Number(url.port || 6379), url.hostname);
const waiting = [];
let buffered = Buffer.alloc(0);

function parse(at) {
  const end = buffered.indexOf("\r\n", at);
  if (end < 0) return null;
  const line = buffered.toString("utf8", at + 1, end);
  const next = end + 2;
  switch (buffered[at]) {
    case 43: return [line, next]; // +
    case 45: return [new Error(line), next]; // -
    case 58: return [Number(line), next]; // :
    case 36: { // $
      const length = Number(line);
      if (length < 0) return [null, next];
      if (buffered.length < next + length + 2) return null;
      return [buffered.toString("utf8", next, next + length), next + length + 2];
    }
    default: { // *
      const found = [];
      let from = next;
      for (let n = Number(line); n > 0; n--) {
        const one = parse(from);
        if (!one) return null;
        found.push(one[0]);
        from = one[1];
      }
      return [found, from];
    }
  }
}

socket.on("data", (data) => {
  buffered = Buffer.concat([buffered, data]);
  for (let one; buffered.length && (one = parse(0)); ) {
    buffered = buffered.subarray(one[1]);
    const { resolve, reject } = waiting.shift();
    one[0] instanceof Error ? reject(one[0]) : resolve(one[0]);
  }
});

function command(...words) {
  const parts = words.map((word) => Buffer.from(String(word)));
  socket.write(`*${parts.length}\r\n`);
  for (const part of parts) socket.write(Buffer.concat([Buffer.from(`$${part.length}\r\n`), part, Buffer.from("\r\n")]));
  return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
}

async function run(name, keys, args) {
  let text = scripts[name];
  const extra = /^-- with: (\w+)\n/.exec(text);
  if (extra) text = scripts[extra[1]] + text;
  const sha = createHash("sha1").update(text).digest("hex");
  const rest = [keys.length, ...keys, ...args];
  try {
    return await command("EVALSHA", sha, ...rest);
  } catch (error) {
    if (!error.message.startsWith("NOSCRIPT")) throw error;
    return command("EVAL", text, ...rest);
  }
}

// --- Mode, heartbeat, figures, logs --------------------------------------------------------------
const ceiling = DRY_RUN === "true" ? "dry_run" : "live";
const fallback = DRY_RUN === "false" ? "live" : "dry_run";
const state = { mode: "paused", epoch: 0, reason: "unread", inFlight: 0, writes: {} };
const cells = new Map(); // "minute series" -> Map(code -> count)
let lines = [];

function learn(mode, epoch) {
  const before = `${state.mode} ${state.epoch}`;
  if (epoch < state.epoch) [mode, state.reason] = ["paused", "went_back"];
  else if (!mode) [mode, state.reason] = state.epoch ? ["paused", "missing"] : [fallback, "env"];
  else [state.epoch, state.reason] = [epoch, "redis"];
  state.mode = ceiling !== "live" && mode === "live" ? ceiling : mode;
  return before !== `${state.mode} ${state.epoch}`;
}

function record(series, seconds, outcome) {
  const outcomes = { condition: 1, timeout: 2, connect: 4, internal: 10 };
  const name = `${Math.floor(Date.now() / 60000)} ${series}`;
  const found = cells.get(name) ?? cells.set(name, new Map()).get(name);
  const count = (code) => found.set(code, (found.get(code) ?? 0) + 1);
  if (!(outcomes[outcome] > 2)) {
    count(Math.min(1200, Math.max(0, Math.ceil(Math.log(seconds / 1e-6) / Math.log(1.02)))));
  }
  if (outcomes[outcome]) count(0xf000 + outcomes[outcome]);
}

function log(event, fields = {}) {
  const line = JSON.stringify({ ts: new Date().toISOString(), level: "info", event, service: OPS_SERVICE, instance, ...fields });
  console.log(line);
  lines.push(line);
}

const heartbeat = () => JSON.stringify({
  v: 1, instance, at: Date.now() / 1000, started_at: started, kit: "follower.mjs", interval: 0.1,
  mode: state.mode, epoch: state.epoch, mode_reason: state.reason, in_flight: state.inFlight,
  writes: state.writes, memory_bytes: process.memoryUsage.rss(), settings: settings().fingerprint,
});

function settings() {
  const print = (name, text) => createHmac("sha256", OPS_FINGERPRINT_KEY).update(`${name}\0${text}`).digest("hex").slice(0, 16);
  const variables = Object.entries({ OPS_SERVICE, REDIS_URL, RUN_TOKEN, ACCOUNTING_URL }).map(([name, text]) => ({
    name, group: "required", set: Boolean(text), source: text ? "env" : "missing", fingerprint: print(name, text ?? ""),
  }));
  return { v: 1, variables, fingerprint: print("*", variables.map((v) => v.fingerprint).join()) };
}

async function beat() {
  const keys = [key("inst", instance), key("instances"), key("mode"), key("epoch"), key("logs"), key("settings", instance)];
  const operations = lines.flatMap((line) => ["X", 5, 10000, "line", line]);
  lines = [];
  operations.push("H", 6, 90000, "report", JSON.stringify(settings()));
  for (const [name, found] of cells) {
    const [minute, ...series] = name.split(" ");
    keys.push(key("hist", minute));
    const text = [...found].map(([code, count]) => `${code}:${count}`).join();
    operations.push("H", keys.length, 21600, `${series.join(" ")}@${instance}`, text);
  }
  const [mode, epoch] = await run("beat", keys, [instance, heartbeat(), 20000, ...operations]);
  if (learn(mode, Number(epoch))) await beat(); // the acknowledgement, at once
}

async function guard(carried, allowed, item, runId, grant) {
  const keys = ["mode", "epoch", "writes"].map((name) => key(name)).concat(key("grant", grant || "-"));
  const unset = state.epoch ? "paused" : fallback;
  const [verdict, mode, epoch] = await run("guard", keys, [carried, allowed, unset, grant ? runId : "", item]);
  learn(Number(epoch) || state.epoch ? mode : "", Number(epoch));
  state.writes[verdict] = (state.writes[verdict] ?? 0) + 1;
  return verdict;
}

// --- HTTP ----------------------------------------------------------------------------------------
const health = () => ({ status: "pass", version: "1", serviceId: OPS_SERVICE, checks: { "mode:present": [{ status: "pass", output: state.mode }] } });

function answer(response, status, type, document) {
  response.writeHead(status, { "content-type": type, "cache-control": "no-store" });
  response.end(JSON.stringify(document));
}

const problem = (response, status, kind, detail) =>
  answer(response, status, "application/problem+json", { type: `urn:ops:1:${kind}`, title: kind, status, detail });

async function oneItem(request, response) {
  const given = Buffer.from(request.headers.authorization ?? "");
  const wanted = Buffer.from(`Bearer ${RUN_TOKEN}`);
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return problem(response, 401, "not-allowed", "send RUN_TOKEN");
  const id = (request.headers["idempotency-key"] ?? "").replaceAll('"', "");
  if (id.length < 8) return problem(response, 400, "no-key", "8 to 200 characters");
  const parts = [];
  for await (const part of request) parts.push(part);
  const order = JSON.parse(Buffer.concat(parts).toString());
  const dry = order.mode !== "live";
  if (state.mode === "paused" || (!dry && state.mode !== "live" && !order.grant)) return problem(response, 409, "mode-refuses", state.mode);
  const epoch = state.epoch;
  const payload = createHash("sha256").update(JSON.stringify(order.item)).digest("hex").slice(0, 16);
  const claim = { state: "running", owner: randomBytes(8).toString("hex"), payload, until: Date.now() / 1000 + 30 };
  const place = key("idem", `run:${id}`);
  if (!dry && (await command("SET", place, JSON.stringify(claim), "NX", "PX", 30000)) === null) {
    const stored = JSON.parse(await command("GET", place));
    if (stored.payload !== payload) return problem(response, 422, "key-reused", "another item");
    if (stored.state !== "done") return problem(response, 409, "already-running", "wait");
    return answer(response, 200, "application/json", { ...stored.result, replayed: true });
  }
  state.inFlight++;
  const began = performance.now();
  const verdict = await guard(epoch, dry ? "dry_run" : ceiling, order.item, id, order.grant);
  const report = { item: order.item, outcome: "held", mode: state.mode, epoch, writes: { [verdict]: 1 }, planned: [], replayed: false };
  if (verdict === "permitted" || verdict === "granted") {
    const sent = await fetch(`${ACCOUNTING_URL}/invoices`, { method: "POST", body: JSON.stringify({ number: order.item }) });
    record("api:accounting", (performance.now() - began) / 1000, sent.ok ? "ok" : "condition");
    report.outcome = sent.ok ? "done" : "failed";
    report.result = await sent.json();
  } else report.planned.push("accounting: POST /invoices");
  report.milliseconds = performance.now() - began;
  state.inFlight--;
  if (!dry) {
    if (report.outcome === "done") await command("SET", place, JSON.stringify({ ...claim, state: "done", result: report }), "PX", 604800000);
    else await command("DEL", place);
  }
  record("route:POST /ops/run", report.milliseconds / 1000, "ok");
  log("item", { item: order.item, outcome: report.outcome, epoch });
  return answer(response, 200, "application/json", report);
}

const server = createServer((request, response) => {
  if (request.url === "/health") answer(response, 200, "application/health+json", health());
  else if (request.url === "/ops/run" && request.method === "POST") oneItem(request, response).catch((error) => problem(response, 500, "kit", error.message));
  else if (request.url === "/take") run("take", [key("quota", "accounting"), key("block", "accounting")], [10, 60000, randomBytes(8).toString("hex")]).then(([taken]) => answer(response, taken ? 200 : 429, "application/json", {}));
  else problem(response, 501, "not-offered", "not here");
});

server.listen(0, "127.0.0.1", async () => {
  await beat();
  log("started");
  setInterval(() => beat(), 100);
  console.log(`listening on ${server.address().port} `);
});
