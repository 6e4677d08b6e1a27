/** Ports of 127.0.0.1 for servers that cannot pick one themselves. */
import { once } from "node:events";
import { createServer } from "node:net";

/** A port that was free a moment ago; whoever uses it must cope with its being taken meanwhile. */
export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("the listening socket has no port");
  return address.port;
}
