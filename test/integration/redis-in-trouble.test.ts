/** Redis dies, loads, is full, takes no writes or has lost its last word: what was accepted is made, and viewers do not notice. */
import { expect } from "chai";
import { Redis } from "ioredis";
import { api, type Api, type Posted } from "../support/api.ts";
import { openFolder, type Folder } from "../support/cmaf-media.ts";
import { eventually } from "../support/eventually.ts";
import { makeLecture } from "../support/lectures.ts";
import { startMesh, type Mesh } from "../support/mesh.ts";
import type { TestServer } from "../support/nats.ts";
import { findFreePort } from "../support/ports.ts";
import { makeTempDir, removeDir } from "../support/processes.ts";
import { startRedis } from "../support/redis.ts";
import { tearLog } from "../support/torn-log.ts";
import { expectExact, playEnds } from "../support/viewer.ts";

const SECONDS = 8;
const RATE = 25;

describe("a mesh whose Redis is in trouble", function () {
  this.timeout(150_000);
  let folder: Folder;
  let dir: string;
  let port: number;
  let redis: TestServer;
  let mesh: Mesh;
  let lectern: Api;
  let loading: Promise<TestServer> | undefined;
  let posts = 0;
  before(async () => {
    [folder, dir, port] = [await openFolder(), await makeTempDir("redis-in-trouble"), await findFreePort()];
    redis = await start();
    mesh = await startMesh({ settings: { LECTERN_REDIS_URL: redis.url, LECTERN_SLOTS: "1" } });
    lectern = api(mesh.httpUrl);
  });
  after(async () => {
    await mesh?.stop();
    await redis?.stop();
    await removeDir(dir);
    await folder?.remove();
  });

  const start = (...args: string[]): Promise<TestServer> => startRedis({ port, dir, durable: true, args: ["--enable-debug-command", "yes", ...args] });
  async function ask(...command: [string, ...string[]]): Promise<void> {
    const client = new Redis(port, "127.0.0.1");
    await client.call(...command);
    client.disconnect();
  }
  /** A video of its own, each a bit wider than the one before. */
  async function post(policy: string): Promise<Posted> {
    const path = await makeLecture(folder.path(`${++posts}.mp4`), { seconds: SECONDS, rate: RATE, size: `${480 + 16 * posts}x360` });
    const { uploadId } = await lectern.upload(path);
    return await lectern.post({ uploadId, policy });
  }

  /** Kills it and lets it read its file for some four seconds; every 1024 commands it answers that it does. */
  async function startSlowly(): Promise<void> {
    await ask("EVAL", "for i = 1, 20000 do redis.call('set', 'filler:' .. i, '') end", "0");
    await redis.kill();
    loading = start("--key-load-delay", "200");
    await eventually(async () => {
      const client = new Redis(port, "127.0.0.1", { enableReadyCheck: false, retryStrategy: () => null });
      client.on("error", () => undefined); // it does not listen yet
      const answer = await client.get("any").catch(String);
      client.disconnect();
      return answer?.includes("LOADING");
    });
  }

  const troubles: { what: string; begin(): Promise<void>; end(): Promise<void> }[] = [
    { what: "is killed", begin: () => redis.kill(), end: async () => { redis = await start(); } },
    { what: "is killed and loses the end of its file", begin: () => redis.kill(), end: async () => { expect(tearLog(dir)).to.be.above(0); redis = await start(); } },
    { what: "loads", begin: startSlowly, end: async () => { redis = await loading ?? redis; } },
    { what: "hangs", begin: async () => { process.kill(redis.pid, "SIGSTOP"); }, end: async () => { process.kill(redis.pid, "SIGCONT"); } },
    { what: "has no memory left", begin: () => ask("CONFIG", "SET", "maxmemory", "1"), end: () => ask("CONFIG", "SET", "maxmemory", "0") },
    { what: "takes no writes", begin: () => ask("REPLICAOF", "127.0.0.1", "1"), end: () => ask("REPLICAOF", "NO", "ONE") },
    { what: "is flushed", begin: () => ask("FLUSHALL"), end: async () => undefined },
  ];
  for (const { what, begin, end } of troubles) {
    it(`that ${what}: plays, accepts, and makes all of it`, async () => {
      const { id } = await post("eager");
      await eventually(async () => ((await lectern.get(id)).progress?.storedSegments ?? 0) > 0);
      await begin();
      await playEnds(lectern, id);
      const meanwhile = await post("eager");
      await playEnds(lectern, meanwhile.id);
      await end();
      const endedAt = performance.now();
      for (const one of [id, meanwhile.id]) await lectern.until(one, "complete");
      console.log(`      both complete ${((performance.now() - endedAt) / 1000).toFixed(1)} s later`);
      await expectExact(mesh.httpUrl, lectern, id, SECONDS * RATE);
      expect(await eventually(async () => {
        const { videos } = (await (await fetch(`${mesh.httpUrl}/v1/videos`)).json()) as { videos: { id: string }[] };
        return [id, meanwhile.id].every((one) => videos.some((video) => video.id === one));
      })).to.equal(true);
    });
  }
});
