/** A TCP proxy that breaks connections as it is told: what is above it (HTTP, signatures) it doesn't understand. */
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

export interface BreakingProxy {
  endpoint: string;
  /** Swallows what clients send from now on. */
  silent: boolean;
  /** Cuts a connection once this many bytes of answers have passed on it, and is undefined again. */
  cutAfter: number | undefined;
  /** Cuts a connection once this many bytes of requests have passed on it, all of which arrive, and is undefined again. `away`: with all others. `atCut` is called then. */
  cutSent: { after: number; away: boolean; atCut?: () => void } | undefined;
  /** Answers the next request that begins with `request` itself, as `answer` has it to the byte, swallows the rest of it and ends the connection; then it is undefined again. */
  instead: { request: string; answer: string } | undefined;
  /** Holds back what comes behind this many bytes of requests on a connection. The others are let through. @returns lets it go */
  holdSent(after: number): () => void;
  /** Refuses connections. */
  away: boolean;
  cuts: number;
  stop(): Promise<void>;
}

/** @param endpoint `http://host:port` */
export async function startBreakingProxy(endpoint: string, port = 0): Promise<BreakingProxy> {
  const target = new URL(endpoint);
  const sockets = new Set<Socket>();
  let held: { after: number; released: PromiseWithResolvers<void> } | undefined;
  const server = createServer((client) => {
    if (proxy.away) {
      client.destroy();
      return;
    }
    const upstream = connect(Number(target.port), target.hostname);
    let answered = 0;
    let sent = 0;
    client.on("data", (chunk) => {
      answered = 0;
      if (proxy.silent || client.writableEnded) return;
      if (proxy.instead !== undefined && chunk.toString("latin1", 0, proxy.instead.request.length) === proxy.instead.request) {
        client.end(proxy.instead.answer);
        proxy.instead = undefined;
        return;
      }
      sent += chunk.length;
      if (held !== undefined && sent > held.after) {
        client.pause();
        held.released.promise.then(() => {
          upstream.write(chunk);
          client.resume();
        }, () => undefined);
        return;
      }
      upstream.write(chunk);
      if (proxy.cutSent === undefined || sent <= proxy.cutSent.after) return;
      const { away, atCut } = proxy.cutSent;
      proxy.away = away;
      proxy.cutSent = undefined;
      proxy.cuts++;
      atCut?.();
      client.pause();
      upstream.end(() => {
        for (const socket of proxy.away ? sockets : [client]) socket.destroy();
      });
    });
    upstream.on("data", (chunk) => {
      answered += chunk.length;
      if (proxy.cutAfter === undefined || answered <= proxy.cutAfter) {
        client.write(chunk);
        return;
      }
      proxy.cutAfter = undefined;
      proxy.cuts++;
      client.destroy();
    });
    for (const [socket, other] of [[client, upstream], [upstream, client]] as const) {
      sockets.add(socket);
      socket.once("error", () => other.destroy());
      socket.once("close", () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
  }).listen(port, "127.0.0.1");
  await once(server, "listening");
  const proxy: BreakingProxy = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    silent: false, cutAfter: undefined, cutSent: undefined, instead: undefined, away: false, cuts: 0,
    holdSent(after) {
      const holding = { after, released: Promise.withResolvers<void>() };
      held = holding;
      return () => {
        if (held === holding) held = undefined;
        holding.released.resolve();
      };
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
  return proxy;
}
