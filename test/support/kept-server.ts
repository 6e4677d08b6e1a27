/** A server that is stopped and started again within a test, where it was. */
import type { TestServer } from "./nats.ts";

export interface KeptServer {
  readonly server: TestServer;
  /** Does nothing while it runs. @throws Error with what it said when it does not come up */
  start(): Promise<void>;
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/** @param open starts it; of the second start on it is told the port of the first */
export async function keepServer(open: (port: number | undefined) => Promise<TestServer>): Promise<KeptServer> {
  let server = await open(undefined);
  let runs = true;
  const end = (how: "kill" | "stop") => async (): Promise<void> => {
    if (runs) await server[how]();
    runs = false;
  };
  return {
    get server() { return server; },
    async start() {
      if (runs) return;
      server = await open(server.port);
      runs = true;
    },
    kill: end("kill"), stop: end("stop"),
  };
}
