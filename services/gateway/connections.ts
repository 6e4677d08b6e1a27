/**
 * The gateway's connections, and how they end: a node that takes no new work asks its clients to connect anew after each
 * answer, and one that leaves takes no connections, while every answer that has begun is sent to its end.
 */
import type { Server } from "node:http";
import type { NodeState } from "../../mixins/node-state.ts";

export interface Connections {
  /** Requests that are being answered. */
  count(): number;
  close(): void;
}

/** @param endStreams ends the answers that have no end of their own */
export function openConnections(server: Server, state: NodeState, endStreams: () => void): Connections {
  let answering = 0;
  server.prependListener("request", (_, res) => {
    answering++;
    res.once("close", () => { answering--; });
    if (isDraining(state)) res.shouldKeepAlive = false;
  });
  const uncount = state.countWork("requests", () => answering);
  const unfollow = state.onChange(() => {
    if (!state.leaving || !server.listening) return;
    endStreams();
    server.close(); // and every connection on which nothing is asked
  });
  return {
    count: () => answering,
    close() {
      unfollow();
      uncount();
    },
  };
}

export function isDraining(state: NodeState): boolean {
  const { state: now } = state.view();
  return state.leaving || now === "draining" || now === "drained";
}
