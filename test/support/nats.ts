/** A real NATS server for tests. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { makeTempDir, removeDir, startProcess } from "./processes.ts";

export interface TestServer {
  port: number;
  url: string;
  pid: number;
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
}

/** `port` brings a stopped one back where it was; by default the server picks a free one. */
export async function startNats({ port, args = [] }: { port?: number; args?: readonly string[] } = {}): Promise<TestServer> {
  const dir = await makeTempDir("nats");
  const server = await startProcess("nats-server", ["-a", "127.0.0.1", "-p", String(port ?? -1), "--ports_file_dir", dir, ...args]);
  const cleanUp = (end: () => Promise<void>) => async (): Promise<void> => {
    await end();
    await removeDir(dir);
  };
  try {
    await server.said(/Server is ready/, 10_000);
    const taken = port ?? (await readPort(dir));
    return { port: taken, url: `nats://127.0.0.1:${taken}`, pid: server.pid, stop: cleanUp(server.stop), kill: cleanUp(server.kill) };
  } catch (error) {
    await cleanUp(server.kill)();
    throw error;
  }
}

/** nats-server writes `{"nats":["nats://127.0.0.1:<port>"]}` before it says that it is ready. */
async function readPort(dir: string): Promise<number> {
  const name = (await readdir(dir)).find((file) => file.endsWith(".ports"));
  if (name === undefined) throw new Error("nats-server wrote no ports file");
  const { nats } = JSON.parse(await readFile(join(dir, name), "utf8")) as { nats: string[] };
  return Number(new URL(nats[0] ?? "").port);
}
