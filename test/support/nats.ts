/** A real NATS server for tests. */
import { startProcess } from "./processes.ts";

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
  const server = await startProcess("nats-server", ["-a", "127.0.0.1", "-p", String(port ?? -1), ...args]);
  try {
    await server.said(/Server is ready/, 10_000);
    // Its log, since the ports file may come later than that it is ready.
    const taken = Number(/Listening for client connections on 127\.0\.0\.1:(\d+)/.exec(server.output())?.[1]);
    return { port: taken, url: `nats://127.0.0.1:${taken}`, pid: server.pid, stop: server.stop, kill: server.kill };
  } catch (error) {
    await server.kill();
    throw error;
  }
}
