import { expect } from "chai";
import { clientHost, formatStore, httpBase } from "../../../bin/start/addresses.ts";
import { dieWithParent } from "../../../bin/start/child.ts";
import { natsConfig } from "../../../bin/start/embedded-nats.ts";
import { explainRedis, redisArguments } from "../../../bin/start/embedded-redis.ts";
import { severeLines } from "../../../bin/start/log-severity.ts";
import { explainNode, nodeEnvironment } from "../../../bin/start/node-process.ts";
import { restartDelayMs } from "../../../bin/start/restart-policy.ts";
import { startScreen } from "../../../bin/start/screen.ts";

describe("the commands that npm start runs", () => {
  it("Redis keeps every write and evicts nothing", () => {
    expect(redisArguments("/data/redis", 6379)).to.deep.equal([
      "--bind", "127.0.0.1", "--port", "6379", "--dir", "/data/redis", "--daemonize", "no", "--logfile", "",
      "--appendonly", "yes", "--appendfsync", "always", "--save", "", "--maxmemory-policy", "noeviction",
    ]);
  });

  it("NATS takes messages of 8 MB and no strangers", () => {
    expect(natsConfig(4222, "pass")).to.equal('listen: "127.0.0.1:4222"\nserver_name: "lectern-embedded"\nmax_payload: 8MB\nauthorization { user: "lectern", password: "pass" }\n');
  });

  it("a child dies with its parent where setpriv is there", () => {
    const command = { program: "redis-server", args: ["--port", "1"] };
    expect(dieWithParent(command, "/usr/bin/setpriv")).to.deep.equal({ program: "/usr/bin/setpriv", args: ["--pdeathsig", "KILL", "--", "redis-server", "--port", "1"] });
    expect(dieWithParent(command, undefined)).to.equal(command);
  });

  it("a node's environment has the settings, and a place for compiled code that its machine shares", () => {
    const env = { PATH: "/bin", AWS_REGION: "eu", LECTERN_REGION: "eu" };
    expect(nodeEnvironment(env, { LECTERN_DATA: "/data/nodes/1" }, "/data")).to.deep.equal({ ...env, LECTERN_DATA: "/data/nodes/1", NODE_COMPILE_CACHE: "/data/compiled", MALLOC_ARENA_MAX: "1", MALLOC_MMAP_THRESHOLD_: "65536", MALLOC_TRIM_THRESHOLD_: "131072" });
    expect(nodeEnvironment({ ...env, MALLOC_ARENA_MAX: "8" }, {}, "/data")).to.include({ MALLOC_ARENA_MAX: "8" });
  });
});

describe("restartDelayMs", () => {
  it("waits twice as long after each death within a minute, and gives up at the fifth", () => {
    expect(restartDelayMs([0])).to.equal(500);
    expect(restartDelayMs([0, 1_000])).to.equal(1_000);
    expect(restartDelayMs([0, 1_000, 2_000, 5_000])).to.equal(4_000);
    expect(restartDelayMs([0, 1_000, 2_000, 5_000, 10_000])).to.equal(undefined);
  });

  it("forgets deaths of more than a minute ago", () => {
    expect(restartDelayMs([0, 1_000, 2_000, 3_000, 70_000])).to.equal(500);
  });
});

describe("severeLines", () => {
  it("passes warnings and errors with their stacks, as text and as JSON", () => {
    const isSevere = severeLines();
    const lines = [
      "[12:00:00.000Z] INFO  BROKER: started", "  detail",
      "[12:00:00.000Z] WARN  CACHE : slow", "[12:00:00.000Z] ERROR GATEWAY: broke", "    at f (x.ts:1)",
      '{"level":"info","msg":"fine"}', '{"level":"error","msg":"broke"}',
    ];
    expect(lines.map(isSevere)).to.deep.equal([false, false, true, true, true, false, true]);
  });
});

describe("startScreen", () => {
  const facts = { dataDir: "/data", store: "file:/data/store", natsUrl: undefined, redisUrl: undefined, tookMs: 2_345, newKey: undefined, keyPath: undefined };

  it("says where to watch, how to add a video, where the data is and how to stop", () => {
    expect(startScreen({ ...facts, httpUrl: "http://127.0.0.1:3000", natsUrl: "nats://127.0.0.1:4222", redisUrl: "redis://127.0.0.1:6379" })).to.equal(`
Lectern is ready (2.3 s).

  open           http://127.0.0.1:3000/
  add a video    npm run add -- <url or file>
  try it         npm run demo
  API            http://127.0.0.1:3000/docs
  more nodes     npm run node -- --services transcoder,cache
  operate        npm run repl
  data           /data
  videos         file:/data/store
  runs here too  nats://127.0.0.1:4222  redis://127.0.0.1:6379
  logs           /data/logs
  stop           Ctrl-C
`);
  });

  it("shows a new admin key once, in a link, and from then on where it is", () => {
    const keyed = { ...facts, httpUrl: "http://127.0.0.1:3000", keyPath: "/data/admin.key" };
    expect(startScreen({ ...keyed, newKey: "lectern_1" })).to.include("open         http://127.0.0.1:3000/#key=lectern_1\n").and.include("admin key    /data/admin.key  (the link above holds it, this once)\n");
    expect(startScreen(keyed)).to.include("admin key    /data/admin.key\n").and.not.include("#key");
  });

  it("promises no gateway where none runs", () => {
    expect(startScreen({ ...facts, httpUrl: undefined })).to.not.match(/npm run add|http:/);
  });
});

describe("addresses", () => {
  it("turn what is listened on into what can be reached", () => {
    expect(clientHost("0.0.0.0")).to.equal("127.0.0.1");
    expect(httpBase("::", 80)).to.equal("http://127.0.0.1:80");
    expect(httpBase("::1", 3000)).to.equal("http://[::1]:3000");
  });

  it("say a store as its setting takes it", () => {
    expect(formatStore({ kind: "file", dir: "/data/store" })).to.equal("file:/data/store");
    expect(formatStore({ kind: "s3", bucket: "videos", endpoint: undefined })).to.equal("s3://videos");
  });
});

describe("explainNode", () => {
  it("finds the one sentence in what a node says, as text and as JSON", () => {
    expect(explainNode(["[17:01:02] ERROR BROKER : Unable to start all services. Error: The policy is no YAML.", "    at started", "[17:01:02] FATAL BROKER         : The policy is no YAML."])).to.equal("The policy is no YAML.");
    expect(explainNode(['{"level":"info","msg":"fine"}', '{"level":"fatal","time":"2026-01-01T00:00:00.000Z","service":"broker","msg":"NATS at a:1 does not answer after 1 s (ECONNREFUSED)."}'])).to.equal("NATS at a:1 does not answer after 1 s (ECONNREFUSED).");
    expect(explainNode(["it died"])).to.equal(undefined);
  });
});

describe("explainRedis", () => {
  it("knows the way out of a damaged file", () => {
    for (const said of [
      "# Bad file format reading the append only file appendonly.aof.1.incr.aof: make a backup", "# Internal error in RDB reading offset 0, function at rdb.c:3249 -> Unexpected EOF reading RDB file",
      "*** FATAL AOF MANIFEST FILE ERROR ***", "# Unable to obtain the AOF file appendonly.aof.2.base.rdb length. stat: No such file or directory",
    ]) expect(explainRedis(["x", said]), said).to.match(/^its file is damaged: move/);
    expect(explainRedis(["Ready to accept connections"])).to.equal(undefined);
  });
});
