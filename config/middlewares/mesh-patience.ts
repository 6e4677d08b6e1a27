/**
 * Lets a node wait for NATS when it starts, though not for ever: Moleculer by itself tries every five seconds, says
 * nothing of it but an error's text, and never gives up.
 */
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { Middleware, ServiceBroker } from "moleculer";
import { endNode } from "../end-node.ts";

const LOOK_MS = 200;
/** More than loading a node's services keeps its process from looking. */
const CONNECT_MS = 3_000;
const NATS_PORT = 4222;

/** @param url of one server, or of several, comma-separated @param patienceMs from the start to a mesh that has taken this node */
export function meshPatience(url: string, patienceMs: number): Middleware {
  const servers = url.split(",").map((one) => new URL(one));
  const names = servers.map(({ hostname, port }) => `${hostname}:${port || NATS_PORT}`).join(", ");
  return {
    name: "MeshPatience",
    created(broker: ServiceBroker) {
      const { transit } = broker;
      const connect = transit?.connect.bind(transit);
      if (transit === undefined || connect === undefined) return;
      transit.connect = async () => {
        await untilThere(broker);
        await connect();
      };
    },
  };

  async function untilThere(broker: ServiceBroker): Promise<void> {
    const until = performance.now() + patienceMs;
    let told = false;
    for (;;) {
      const faults = await Promise.all(servers.map(tryServer));
      if (faults.includes(undefined)) break;
      const why = faults.find((fault) => fault !== undefined) ?? "";
      if (performance.now() >= until) throw new Error(`NATS at ${names} does not answer after ${patienceMs / 1000} s (${why}).`);
      if (!told) broker.logger.warn(`NATS at ${names} is not there yet (${why}); this node waits for it, up to ${patienceMs / 1000} s.`);
      told = true;
      await delay(LOOK_MS);
    }
    // It listens; whether it takes this node, it says later, and Moleculer asks it again and again.
    const limit = setTimeout(() => endNode(broker, `NATS at ${names} does not take this node after ${patienceMs / 1000} s: are the credentials those of its configuration? Over TLS: is its certificate by an authority that LECTERN_NATS_CA names?`), until - performance.now() + CONNECT_MS);
    broker.localBus.once("$transporter.connected", () => clearTimeout(limit));
  }
}

/** Undefined when it takes connections, else why not. */
function tryServer({ hostname, port }: URL): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: hostname.replace(/^\[|\]$/g, ""), port: Number(port || NATS_PORT), timeout: CONNECT_MS });
    const end = (fault?: string): void => {
      socket.destroy();
      resolve(fault);
    };
    socket.once("connect", () => end());
    socket.once("timeout", () => end("no answer"));
    socket.once("error", (error) => end("code" in error ? String(error.code) : error.message));
  });
}
