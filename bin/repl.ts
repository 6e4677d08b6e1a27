/** npm run repl: an operator's prompt on the mesh. It is a node without services. */
import { hostname } from "node:os";
import { ServiceBroker, type CallingOptions, type Middleware } from "moleculer";
import { passports } from "../config/access/passports.ts";
import type { Caller } from "../config/access/permissions.ts";
import { brokerOptions } from "../config/broker-options.ts";
import type { Config } from "../config/config.ts";
import type { AuthenticateParams, AuthenticateResult } from "../services/access/access.contract.ts";
import { complain } from "./complain.ts";
import { joinMesh } from "./mesh-environment.ts";
import { replaceBuiltIns, replCommands } from "./operator/repl-commands.ts";
import { adminKeyPath, findAdminKey } from "./start/admin-key.ts";
import { StartError } from "./start/start-error.ts";

/** A broker waits for its NATS for ever; a person doesn't. */
const CONNECT_MS = 10_000;
/** Within which a mesh that is there has told of itself, on a busy machine as well. */
const MEET_MS = 5_000;

/** Whoever sits at the prompt is asked for a key like everybody else. @throws StartError */
function operatorCalls(config: Config): Middleware {
  if (config.access === "open") return { name: "OperatorCalls" };
  const key = config.key ?? findAdminKey(config.dataDir);
  if (key === undefined) throw new StartError(`This needs a key: say it with LECTERN_KEY, or be the user who may read ${adminKeyPath(config.dataDir)}.`);
  const papers = passports(config.meshSecret, config.namespace);
  let caller: Promise<Caller> | undefined;
  return {
    name: "OperatorCalls",
    call(next: ServiceBroker["call"]) {
      return async (action: string, params?: object, options?: CallingOptions): Promise<unknown> => {
        if (action === "access.authenticate") return await next(action, params, options);
        caller ??= authenticate(next, key).catch((error: unknown) => {
          caller = undefined; // the next call asks again
          throw error;
        });
        const passport = papers.issue(await caller);
        return await next(action, params, { ...options, meta: { ...options?.meta, passport } });
      };
    },
  } as unknown as Middleware; // its types lack this hook
}

async function authenticate(call: ServiceBroker["call"], credential: string): Promise<Caller> {
  const { caller } = await call<AuthenticateResult, AuthenticateParams>("access.authenticate", { credential });
  if (caller === null) throw new StartError("The key is not good: nobody's, expired or revoked.");
  return caller;
}

async function openPrompt(): Promise<void> {
  const { config } = joinMesh(process.env);
  const options = brokerOptions({ ...config, nodeId: config.nats.nkey === undefined ? `operator-${hostname()}-${process.pid}` : config.nodeId, logLevel: "warn", logFormat: "text" });
  const broker = new ServiceBroker({
    ...options,
    middlewares: [...(options.middlewares ?? []), operatorCalls(config)],
    replOptions: { ...options.replOptions, customCommands: replCommands() },
    metadata: { region: config.region, services: [], role: "operator" },
  });
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new StartError(`The mesh's NATS does not answer within ${CONNECT_MS / 1000} s.`)), CONNECT_MS);
  await Promise.race([broker.start(), late.promise]);
  clearTimeout(timer);
  // The first command may be typed, or piped in, at once.
  await broker.waitForServices(config.access === "open" ? ["operator"] : ["operator", "access"], MEET_MS).catch(() => console.error("No node of the mesh has told of itself yet."));
  replaceBuiltIns();
  broker.repl();
}

try {
  await openPrompt();
} catch (error) {
  complain(error);
  process.exit(1); // a broker that is still trying keeps the process alive
}
