/** A node of the mesh as a process: Moleculer's own runner, this project's broker options, one file per service. */
import { fileURLToPath } from "node:url";
import type { ServiceName } from "../../config/services.ts";
import { compiledCode } from "../compiled-code.ts";
import type { Command } from "./child.ts";

/** The project's folder, without a slash at the end. */
export const PROJECT_DIR = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

export function nodeCommand(services: readonly ServiceName[], nodeProgram: string = process.execPath): Command {
  return {
    program: nodeProgram,
    args: [
      `${PROJECT_DIR}/node_modules/moleculer/bin/moleculer-runner.mjs`,
      "--config", `${PROJECT_DIR}/moleculer.config.ts`,
      ...services.map((name) => `${PROJECT_DIR}/services/${name}/${name}.service.ts`),
    ],
  };
}

/** The runner's own sentence, without the stack and the repetition that follow it. */
export function explainNode(lines: readonly string[]): string | undefined {
  const said = [/Unable to start all services\. (?:\w*Error: )?(.+)/, /^\[Runner\] (.+?\.) \w*Error: /, /FATAL\s.*?: (NATS .+)/];
  return said.flatMap((form) => lines.map((line) => form.exec(line)?.[1])).find((sentence) => sentence !== undefined);
}

/** What the runner reads besides our settings: which services to load, and `MOL_*` that override broker options. */
const RUNNER_VARIABLES = /^(SERVICES|SERVICEDIR|MOLECULER_CONFIG|MOL_.*)$/;
/**
 * The runner also takes any variable named like a broker option (`NAMESPACE`, `LOGGER`, `METADATA_REGION`), which
 * Kubernetes and people set for other reasons.
 */
const OPTION_VARIABLES = new RegExp(`^(${[
  "NAMESPACE", "NODEID", "LOGGER", "LOGLEVEL", "TRANSPORTER", "REQUESTTIMEOUT", "RETRYPOLICY", "CONTEXTPARAMSCLONING", "MAXCALLLEVEL",
  "HEARTBEATINTERVAL", "HEARTBEATTIMEOUT", "TRACKING", "DISABLEBALANCER", "REGISTRY", "CIRCUITBREAKER", "BULKHEAD", "TRANSIT", "UIDGENERATOR",
  "ERRORHANDLER", "CACHER", "SERIALIZER", "VALIDATOR", "ERRORREGENERATOR", "METRICS", "TRACING", "INTERNALSERVICES", "INTERNALMIDDLEWARES",
  "DEPENDENCYINTERVAL", "DEPENDENCYTIMEOUT", "HOTRELOAD", "MIDDLEWARES", "REPLCOMMANDS", "REPLOPTIONS", "METADATA", "SKIPPROCESSEVENTREGISTRATION",
  "MAXSAFEOBJECTSIZE", "DATADIR", "CREATED", "STARTING", "STARTED", "STOPPING", "STOPPED",
].join("|")})(_.*)?$`);

/**
 * `env` with `settings` laid over it, and without what the runner would take for its own. Compiled code is kept in the data
 * directory, which every node of the machine shares.
 */
export function nodeEnvironment(env: Readonly<NodeJS.ProcessEnv>, settings: Readonly<Record<string, string>>, dataDir: string): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name]) => !RUNNER_VARIABLES.test(name) && !OPTION_VARIABLES.test(name));
  return { NODE_COMPILE_CACHE: compiledCode(dataDir), ...Object.fromEntries(kept), ...settings };
}
