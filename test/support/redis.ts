/** A real Redis server for tests. */
import type { TestServer } from "./nats.ts";
import { findFreePort } from "./ports.ts";
import { makeTempDir, removeDir, startProcess } from "./processes.ts";

export interface RedisOptions {
  /** Brings a stopped one back where it was. */
  port?: number;
  /** Where it keeps its files; then they stay when it stops. By default a temporary one. */
  dir?: string;
  /** Keeps what it was told across a restart (append-only file, synced at each write). */
  durable?: boolean;
  args?: readonly string[];
}

const ATTEMPTS = 5;

export async function startRedis(options: RedisOptions = {}): Promise<TestServer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOn(options.port ?? (await findFreePort()), options);
    } catch (error) {
      const taken = error instanceof Error && error.message.includes("Address already in use");
      if (!taken || options.port !== undefined || attempt === ATTEMPTS) throw error;
    }
  }
}

async function startOn(port: number, { dir: given, durable = false, args = [] }: RedisOptions): Promise<TestServer> {
  const dir = given ?? (await makeTempDir("redis"));
  const persistence = durable ? ["--appendonly", "yes", "--appendfsync", "always"] : ["--appendonly", "no"];
  const server = await startProcess("redis-server", ["--port", String(port), "--bind", "127.0.0.1", "--dir", dir, "--save", "", ...persistence, ...args]);
  const cleanUp = (end: () => Promise<void>) => async (): Promise<void> => {
    await end();
    if (given === undefined) await removeDir(dir);
  };
  try {
    await server.said(/Ready to accept connections/, 10_000);
    return { port, url: `redis://127.0.0.1:${port}`, pid: server.pid, stop: cleanUp(server.stop), kill: cleanUp(server.kill) };
  } catch (error) {
    await cleanUp(server.kill)();
    throw error;
  }
}
