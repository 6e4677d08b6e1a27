/** npm run repl: an operator's prompt on the mesh. It is a node without services. */
import { hostname } from "node:os";
import { ServiceBroker } from "moleculer";
import { brokerOptions } from "../config/broker-options.ts";
import { complain } from "./complain.ts";
import { joinMesh } from "./mesh-environment.ts";
import { replaceBuiltIns, replCommands } from "./operator/repl-commands.ts";
import { StartError } from "./start/start-error.ts";

/** A broker waits for its NATS for ever; a person doesn't. */
const CONNECT_MS = 10_000;

async function openPrompt(): Promise<void> {
  const { config } = joinMesh(process.env);
  const options = brokerOptions({ ...config, nodeId: `operator-${hostname()}-${process.pid}`, logLevel: "warn", logFormat: "text" });
  const broker = new ServiceBroker({
    ...options,
    replOptions: { ...options.replOptions, customCommands: replCommands() },
    metadata: { region: config.region, services: [], role: "operator" },
  });
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new StartError(`The mesh's NATS does not answer within ${CONNECT_MS / 1000} s.`)), CONNECT_MS);
  await Promise.race([broker.start(), late.promise]);
  clearTimeout(timer);
  replaceBuiltIns();
  broker.repl();
}

try {
  await openPrompt();
} catch (error) {
  complain(error);
  process.exit(1); // a broker that is still trying keeps the process alive
}
