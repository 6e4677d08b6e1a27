/** The command line of `npm run keys`. */
import { parseArgs } from "node:util";
import { isNodeId } from "../../config/nats-subjects.ts";
import { isNamespace } from "./key-record.ts";
import { isPlainPath } from "./node-settings.ts";
import { ROLES, type Role } from "./roles.ts";
import { PARTS, type Anew } from "./workplace.ts";

export const KEYS_USAGE = `npm run keys [-- <command>] [options]

Makes what a mesh needs so that every line is TLS and everybody on it is known: an authority, certificates, NATS' and Redis'
configuration, and a folder for each node. What is there stays, what is missing or has less than 30 days left is made.

  (none)                              makes what is missing; at first edge-1, worker-1 and operator-1
  node <id> --role ${ROLES.join("|")}  one more node
  remove <id>                         takes a node's key away
  rotate ${PARTS.join("|")}
  rotate node <id>                    makes it anew
  list                                certificates, and until when they are good

  --gateway <host>       a name or address of the gateway, as browsers say it; again for each
  --nats <host[:port]>   likewise of NATS, and --redis <host[:port]> of Redis
  --namespace <name>     of the mesh; default: lectern
  --store-key yes|no     whether nodes encrypt what is stored by store.key; yes, unless the keys are older than that. With no,
                         LECTERN_STORE_KEYS is yours to set
  --at <dir>             where the files will be when they are used; default: where they are made
  --dir <dir>            where they are made; default: keys, in the data directory`;

export interface KeyOptions { gateway?: string[]; nats?: string[]; redis?: string[]; namespace?: string; storeKey?: boolean; at?: string; dir?: string }
export type KeyCommand =
  | { kind: "make" | "list" }
  | { kind: "node"; id: string; role: Role }
  | { kind: "remove"; id: string }
  | { kind: "rotate"; anew: Exclude<Anew, undefined> };
export type KeyArguments = { kind: "help" } | { kind: "fault"; message: string } | { kind: "run"; command: KeyCommand; options: KeyOptions };

const HOST = /^([A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|[0-9a-fA-F:]*:[0-9a-fA-F:]+)$/;
const HOST_PORT = /^([A-Za-z0-9.-]{1,253}|\[[0-9a-fA-F:]+\])(:\d{1,5})?$/;
const PORTS = { nats: 4222, redis: 6379 } as const;

export function parseKeyArguments(args: readonly string[]): KeyArguments {
  const [text, list] = [{ type: "string" } as const, { type: "string", multiple: true } as const];
  try {
    const { values, positionals } = parseArgs({
      args: [...args], strict: true, allowPositionals: true,
      options: { help: { type: "boolean", short: "h" }, role: text, gateway: list, nats: list, redis: list, namespace: text, "store-key": text, at: text, dir: text },
    });
    if (values.help === true) return { kind: "help" };
    const { role, gateway, nats, redis, namespace, "store-key": storeKey, at, dir } = values;
    for (const host of gateway ?? []) if (!HOST.test(host)) throw new Error(`--gateway takes a name or an address, not "${host}"`);
    if (namespace !== undefined && !isNamespace(namespace)) throw new Error(`--namespace takes letters, digits, - and _, not "${namespace}"`);
    if (storeKey !== undefined && storeKey !== "yes" && storeKey !== "no") throw new Error(`--store-key takes yes or no, not "${storeKey}"`);
    if (at !== undefined && !(at.startsWith("/") && isPlainPath(at))) throw new Error("--at takes an absolute path of letters, digits and ._-@:+/");
    return {
      kind: "run", command: parseCommand(positionals, role),
      options: {
        ...(gateway === undefined ? {} : { gateway }), ...(nats === undefined ? {} : { nats: nats.map((one) => withPort("nats", one)) }), ...(redis === undefined ? {} : { redis: redis.map((one) => withPort("redis", one)) }),
        ...(namespace === undefined ? {} : { namespace }), ...(storeKey === undefined ? {} : { storeKey: storeKey === "yes" }), ...(at === undefined ? {} : { at }), ...(dir === undefined ? {} : { dir }),
      },
    };
  } catch (error) {
    return { kind: "fault", message: error instanceof Error ? error.message : String(error) };
  }
}

function parseCommand([name, what, id, ...more]: readonly string[], role: string | undefined): KeyCommand {
  if (more.length > 0 || (id !== undefined && name !== "rotate")) throw new Error(`there is one word too many: "${more[0] ?? id}"`);
  if (role !== undefined && name !== "node") throw new Error("--role goes with the command node");
  switch (name) {
    case undefined: return { kind: "make" };
    case "list":
      if (what !== undefined) throw new Error("list takes nothing more");
      return { kind: "list" };
    case "node": {
      const known = ROLES.find((one) => one === role);
      if (known === undefined) throw new Error(`a node needs --role ${ROLES.join(", ")}`);
      return { kind: "node", id: nodeId(what), role: known };
    }
    case "remove": return { kind: "remove", id: nodeId(what) };
    case "rotate": {
      if (what === "node") return { kind: "rotate", anew: { node: nodeId(id) } };
      const part = PARTS.find((one) => one === what);
      if (part === undefined || id !== undefined) throw new Error(`rotate takes one of ${PARTS.join(", ")}, or node and its id`);
      return { kind: "rotate", anew: { part } };
    }
    default: throw new Error(`there is no command "${name}"`);
  }
}

function nodeId(text: string | undefined): string {
  if (text === undefined || !isNodeId(text)) throw new Error(`a node's id is up to 63 letters, digits, - and _, not "${text ?? ""}"`);
  return text;
}

function withPort(server: "nats" | "redis", text: string): string {
  const [, host, port] = HOST_PORT.exec(text) ?? [];
  if (host === undefined || Number(port?.slice(1) ?? 1) > 65_535) throw new Error(`--${server} takes host or host:port, not "${text}"`);
  return `${host}${port ?? `:${PORTS[server]}`}`;
}
