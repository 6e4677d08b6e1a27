/** The storm's processes: a NATS, a Redis that syncs every write, and nodes; each can be killed, stopped and started again. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startNats, type TestServer } from "../../test/support/nats.ts";
import { startProcess, type TestProcess } from "../../test/support/processes.ts";
import { startRedis } from "../../test/support/redis.ts";
import { tearLog } from "../../test/support/torn-log.ts";

const NODE = fileURLToPath(new URL("storm-node.ts", import.meta.url));
const JOIN_MS = 60_000;

export type Role = "control" | "worker";
export interface StormNode { name: string; role: Role; process: TestProcess }

export async function openMesh(dir: string, videoSeconds: number, workers: number) {
  const redisDir = join(dir, "redis");
  let nats = await startNats();
  let redis: TestServer = await startRedis({ durable: true, dir: redisDir });
  const nodes: StormNode[] = [];

  async function startNode(role: Role, name: string): Promise<StormNode> {
    const started = await startProcess(process.execPath, [NODE, role, dir, nats.url, redis.url, name], { env: { STORM_VIDEO: JSON.stringify({ seconds: videoSeconds }) } });
    return { name, role, process: started };
  }

  for (const role of ["control", "control", ...Array.from({ length: workers }, () => "worker" as const)] as const) nodes.push(await startNode(role, `${role}-${nodes.length}`));
  await Promise.all(nodes.map(({ process: started }) => started.said(/joined/, JOIN_MS)));

  return {
    nodes,
    redisUrl: redis.url,
    natsUrl: nats.url,
    /** Puts another process in the node's place. */
    async restart(node: StormNode): Promise<void> {
      await node.process.kill();
      node.process = (await startNode(node.role, node.name)).process;
    },
    async killNats(): Promise<() => Promise<void>> {
      const { port } = nats;
      await nats.kill();
      return async () => { nats = await startNats({ port }); };
    },
    /** @param torn cuts the end off its log, as a machine does that loses power */
    async killRedis(torn: boolean): Promise<() => Promise<void>> {
      const { port } = redis;
      await redis.kill();
      if (torn) tearLog(redisDir);
      return async () => { redis = await startRedis({ durable: true, dir: redisDir, port }); };
    },
    async close(): Promise<void> {
      await Promise.all(nodes.map((node) => node.process.kill()));
      await Promise.all([nats.kill(), redis.kill()]);
    },
  };
}

export type MeshUnderFire = Awaited<ReturnType<typeof openMesh>>;
