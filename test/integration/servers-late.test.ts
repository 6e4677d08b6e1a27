/** A node starts before NATS or Redis does, or one of them never comes. */
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { openLectern, type LecternProcess } from "../support/lectern-process.ts";
import { startNats, type TestServer } from "../support/nats.ts";
import { findFreePort } from "../support/ports.ts";
import { makeTempDir, removeDir } from "../support/processes.ts";
import { startRedis } from "../support/redis.ts";
import { bareEnvironment } from "../support/start-process.ts";

const NODE = fileURLToPath(new URL("../../bin/node.ts", import.meta.url));

describe("a node whose servers are not there when it starts", function () {
  this.timeout(60_000);
  let dir: string;
  let ports: { nats: number; redis: number };
  const servers: TestServer[] = [];
  let node: LecternProcess | undefined;
  beforeEach(async () => {
    dir = await makeTempDir("servers-late");
    ports = { nats: await findFreePort(), redis: await findFreePort() };
  });
  afterEach(async () => {
    node?.child.kill("SIGTERM");
    await node?.exited;
    for (const server of servers.splice(0)) await server.stop();
    await removeDir(dir);
  });

  function start(settings: Record<string, string> = {}): LecternProcess {
    node = openLectern([NODE, "--services", "cache"], {
      ...bareEnvironment(), LECTERN_DATA: dir, LECTERN_NATS_URL: `nats://127.0.0.1:${ports.nats}`, LECTERN_REDIS_URL: `redis://127.0.0.1:${ports.redis}`, ...settings,
    });
    return node;
  }

  it("waits for both, and says for what", async () => {
    const starting = start();
    await starting.waitFor(new RegExp(`NATS at 127\\.0\\.0\\.1:${ports.nats} is not there yet \\(ECONNREFUSED\\); this node waits for it, up to 30 s\\.`));
    servers.push(await startNats({ port: ports.nats }));
    await starting.waitFor(/Redis is not there yet \(connect ECONNREFUSED 127\.0\.0\.1:\d+\); this node waits for it, up to 30 s\./);
    servers.push(await startRedis({ port: ports.redis }));
    await starting.waitFor(/started successfully/);
  });

  it("ends with a reason when NATS does not come", async () => {
    const starting = start({ LECTERN_START_WAIT_SEC: "1" });
    expect((await starting.exited).code).to.equal(1);
    expect(starting.output()).to.include(`NATS at 127.0.0.1:${ports.nats} does not answer after 1 s (ECONNREFUSED).`);
  });

  it("ends with a reason when Redis does not come", async () => {
    servers.push(await startNats({ port: ports.nats }));
    const starting = start({ LECTERN_START_WAIT_SEC: "1" });
    expect((await starting.exited).code).to.equal(1);
    expect(starting.output()).to.match(/Redis does not answer after 1 s \(connect ECONNREFUSED 127\.0\.0\.1:\d+\)\./);
  });

  it("ends with a reason when NATS does not know it", async () => {
    servers.push(await startNats({ port: ports.nats, args: ["--user", "lectern", "--pass", "another"] }));
    const starting = start({ LECTERN_START_WAIT_SEC: "1" });
    expect((await starting.exited).code).to.equal(1);
    expect(starting.output()).to.match(/NATS at 127\.0\.0\.1:\d+ does not take this node after 1 s: are the credentials those of its configuration\?/);
  });
});
