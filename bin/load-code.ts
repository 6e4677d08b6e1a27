/** Loads what a node loads, in the demuxer's thread as well, starts nothing, and ends: for `compile-code.ts`. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { ServiceBroker } from "moleculer";
import { SERVICES } from "../config/services.ts";
import brokerOptions from "../moleculer.config.ts";
import { loadService } from "./broker.ts";

const broker = new ServiceBroker(brokerOptions); // Moleculer loads its parts by these
for (const name of SERVICES) await loadService(name);
const thread = new Worker(new URL("../mixins/demuxer/demuxer-thread.ts", import.meta.url));
thread.postMessage({ id: 0, request: { op: "none", source: { key: "" } } });
await once(thread, "message"); // that there is no such thing to do: it is loaded
await thread.terminate();
await broker.stop();
