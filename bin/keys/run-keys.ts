/** Does one command of `npm run keys`, and says what came of it; never a secret. */
import { rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { formatColumns } from "../operator/columns.ts";
import { tryDataLock } from "../start/data-lock.ts";
import { StartError } from "../start/start-error.ts";
import type { KeyCommand, KeyOptions } from "./key-arguments.ts";
import { newRecord, readRecord, type KeyRecord } from "./key-record.ts";
import { listCertificates } from "./list-keys.ts";
import { makeKeys } from "./make-keys.ts";
import { isPlainPath } from "./node-settings.ts";
import { openPrivateFolder, writeChanged } from "./private-folder.ts";
import { nodeDir, type Anew } from "./workplace.ts";

/** What is to be done before a change is in force, besides copying the folders of nodes to their machines. */
const AFTER = {
  nats: "Then have NATS read its files again: nats-server --signal reload",
  redis: "Then restart Redis; for its users alone `ACL LOAD` is enough.",
  nodes: "Nodes read their files when they connect; a gateway its certificate at once. A new LECTERN_MESH_SECRET needs all nodes to be restarted.",
} as const;

/** @throws StartError */
export async function runKeys(command: KeyCommand, options: KeyOptions, dataDir: string, say: (text: string) => void): Promise<void> {
  const dir = resolve(options.dir ?? join(dataDir, "keys"));
  if (!isPlainPath(dir)) throw new StartError(`Paths stand in files that differ in how they quote: choose with --dir one of letters, digits and ._-@:+/, not ${dir}`);
  const path = join(dir, "record.json");
  const found = readRecord(path);
  if (command.kind === "list") {
    if (found === undefined) throw new StartError(`There are no keys in ${dir}: \`npm run keys\` makes them.`);
    return say(listText(dir, found));
  }
  openPrivateFolder(dir);
  const lock = tryDataLock(dir);
  if (!("close" in lock)) throw new StartError(`Another \`npm run keys\` is at work in ${dir} (process ${lock.pid}).`);
  try {
    const record = merge(found ?? newRecord(), options);
    const anew = change(record, command, dir);
    const made = await makeKeys(dir, record, anew);
    writeChanged(path, `${JSON.stringify(record, null, 2)}\n`);
    say(made.length === 0 ? "Nothing was missing." : made.join("\n"));
    say(`\nKeys are in ${dir}. Copy nats/ and redis/ to where those run, and each folder of nodes/ to its node's machine; authority/ stays here.`);
    if (command.kind === "remove") say(`${command.id} still knows what all nodes know: \`rotate redis-password\` and \`rotate mesh-secret\` end that.`);
    if (made.includes("store.key")) say("store.key opens all that nodes will store: keep a copy of it elsewhere.");
    say(`${AFTER.nats}\n${AFTER.redis}\n${AFTER.nodes}`);
  } finally {
    lock.close();
  }
}

function merge(record: KeyRecord, { gateway, nats, redis, namespace, storeKey, at }: KeyOptions): KeyRecord {
  return { ...record, ...(gateway === undefined ? {} : { gateway }), ...(nats === undefined ? {} : { nats }), ...(redis === undefined ? {} : { redis }), ...(namespace === undefined ? {} : { namespace }), ...(storeKey === undefined ? {} : { storeKey: mergeStoreKey(record, storeKey) }), ...(at === undefined ? {} : { at }) };
}

function mergeStoreKey({ storeKey }: KeyRecord, wanted: boolean): KeyRecord["storeKey"] {
  if (!wanted) return "none";
  return storeKey === "none" ? "wanted" : storeKey;
}

/** @returns what is to be made anew */
function change(record: KeyRecord, command: KeyCommand, dir: string): Anew {
  const known = (id: string): boolean => record.nodes.some((node) => node.id === id);
  switch (command.kind) {
    case "node": {
      const holder = record.nodes.find(({ id }) => id === command.id);
      if (holder === undefined) record.nodes.push({ id: command.id, role: command.role, nkey: undefined });
      else if (holder.role !== command.role) throw new StartError(`${command.id} is already there, as ${holder.role}: remove it first.`);
      return undefined;
    }
    case "remove":
      if (!known(command.id)) throw new StartError(`There is no node ${command.id}.`);
      record.nodes = record.nodes.filter(({ id }) => id !== command.id);
      rmSync(nodeDir(dir, command.id), { recursive: true, force: true });
      return undefined;
    case "rotate":
      if ("node" in command.anew && !known(command.anew.node)) throw new StartError(`There is no node ${command.anew.node}.`);
      return command.anew;
    case "make":
    case "list": return undefined;
    default: return command satisfies never;
  }
}

function listText(dir: string, record: KeyRecord): string {
  const rows = listCertificates(dir, record, Date.now()).map(({ path, holder, until, days }) => [path, holder, until.toISOString().slice(0, 10), days < 0 ? "expired" : `${days} days`]);
  return formatColumns(["certificate", "of", "until", "left"], rows);
}
