/** A TCP proxy that lets everything arrive so much later, both ways: what a region far away is like. */
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

export interface DelayingProxy { port: number; stop(): Promise<void> }

/** @param delayMs one way */
export async function startDelayingProxy(port: number, delayMs: number): Promise<DelayingProxy> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(port, "127.0.0.1");
    for (const [from, to] of [[client, upstream], [upstream, client]] as const) {
      sockets.add(from);
      from.setNoDelay(true);
      from.on("data", (chunk) => { setTimeout(() => { if (!to.destroyed) to.write(chunk); }, delayMs); });
      from.once("error", () => to.destroy());
      from.once("close", () => {
        sockets.delete(from);
        setTimeout(() => to.destroy(), delayMs);
      });
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
