/** A node of the mesh as a process, which `npm start` and `npm run node` run: a broker with the services of LECTERN_SERVICES. */
import { setTimeout as delay } from "node:timers/promises";
import { ServiceBroker, type ServiceSchema } from "moleculer";
import { loadConfig } from "../config/config.ts";
import { endNode } from "../config/end-node.ts";
import { errorMessage } from "../config/error-message.ts";
import type { ServiceName } from "../config/services.ts";
import { tellCrashes, watchCrashes } from "../config/failures/crash-note.ts";
import { collectAfterLoading } from "../mixins/after-loading.ts";
import brokerOptions from "../moleculer.config.ts";

/** As far as loading waits for a mesh that is not there, or slow. */
const GREET_MS = 200;

if (import.meta.main) await runNode(); // not for who loads it only

async function runNode(): Promise<void> {
  const broker = new ServiceBroker(brokerOptions);
  const { dataDir, services } = loadConfig(process.env);
  watchCrashes(broker, dataDir, process);
  await connectEarly(broker);
  for (const name of services) broker.createService(await loadService(name));
  collectAfterLoading();
  try {
    await broker.start();
    tellCrashes(broker, dataDir);
  } catch (error) {
    endNode(broker, errorMessage(error)); // where a service is at fault, Moleculer has shown its stack
  }
}

export async function loadService(name: ServiceName): Promise<ServiceSchema> {
  return ((await import(`../services/${name}/${name}.service.ts`)) as { default: ServiceSchema }).default;
}

/**
 * Moleculer connects when everything is loaded, asks who is there, and waits half a second for the answers. Here it does so
 * first, and the services are loaded while the answers come; others hear of them when they have started, as ever.
 */
async function connectEarly({ transit }: ServiceBroker): Promise<void> {
  if (transit === undefined) return;
  const asked = Promise.withResolvers<void>();
  const { discoverer } = transit as unknown as { discoverer: { discoverAllNodes(): Promise<unknown> } }; // its types lack it
  const discover = discoverer.discoverAllNodes.bind(discoverer);
  discoverer.discoverAllNodes = async () => {
    await discover();
    asked.resolve();
  };
  const connected = transit.connect();
  connected.catch(() => undefined); // the start waits for it, and hears of it
  transit.connect = () => connected;
  await Promise.race([asked.promise, delay(GREET_MS)]);
}
