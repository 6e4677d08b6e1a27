/**
 * The gateway's connections, and how they end: a node that takes no new work asks its clients to connect anew after each
 * answer, and one that leaves takes no connections, while every answer that has begun is sent to its end.
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Server as TlsServer } from "node:https";
import type { Socket } from "node:net";
import type { NodeState } from "../../mixins/node-state.ts";

export interface Connections {
  /** Requests that are being answered. */
  count(): number;
  /** An answer without an end: a drain does not wait for it. */
  setAside(res: ServerResponse): void;
  close(): void;
}

/** Each costs memory; whoever comes beyond them is hung up on. */
const MAX_CONNECTIONS = 20_000;
/** A client that takes or sends nothing for so long is gone, or wants to be waited for. */
const STALLED_MS = 60_000;

export interface ConnectionPorts {
  /** The node takes no new work: answers without an end of their own go on elsewhere, if there is another. */
  moveStreams(): void;
  /** Ends them for good. */
  endStreams(): void;
  /** An answer is over, for which so many bytes were sent. */
  onSent?(bytes: number): void;
}

/** @param stalledMs for tests */
export function openConnections(server: Server | TlsServer, state: NodeState, { moveStreams, endStreams, onSent }: ConnectionPorts, stalledMs = STALLED_MS): Connections {
  let answering = 0;
  const aside = new WeakSet<ServerResponse>();
  const asked = new WeakMap<Socket, { req: IncomingMessage; res: ServerResponse }>();
  server.maxConnections = MAX_CONNECTIONS;
  server.timeout = stalledMs;
  server.on("timeout", (socket: Socket) => {
    const exchange = asked.get(socket);
    const waitsForUs = exchange !== undefined && exchange.req.complete && !exchange.res.writableFinished && socket.writableLength === 0;
    if (!waitsForUs) socket.destroy();
  });
  server.prependListener("request", (req: IncomingMessage, res: ServerResponse) => {
    const { socket } = req;
    const sentBefore = socket.bytesWritten;
    answering++;
    asked.set(socket, { req, res });
    res.once("close", () => {
      if (!aside.has(res)) answering--;
      asked.delete(socket);
      onSent?.(Math.max(0, socket.bytesWritten - sentBefore));
    });
    if (isDraining(state)) res.shouldKeepAlive = false;
  });
  const uncount = state.countWork("requests", () => answering);
  let moved = false;
  const unfollow = state.onChange(() => {
    if (isDraining(state) && !moved) moveStreams();
    moved = isDraining(state);
    if (!state.leaving || !server.listening) return;
    endStreams();
    server.close(); // and every connection on which nothing is asked
  });
  return {
    count: () => answering,
    setAside(res) {
      if (res.destroyed || aside.has(res)) return;
      aside.add(res);
      answering--;
    },
    close() {
      unfollow();
      uncount();
    },
  };
}

export function isDraining({ leaving, condition }: NodeState): boolean {
  return leaving || condition === "draining" || condition === "drained";
}
