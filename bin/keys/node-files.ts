/** A node's folder: all that its machine needs, to be copied there as it is. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { nkeys } from "nats";
import { writeSecretFile } from "../start/secret-file.ts";
import { keepCertificate } from "./kept-certificate.ts";
import type { KeyHolder } from "./key-record.ts";
import { formatSettings, nodeSettings } from "./node-settings.ts";
import { openPrivateFolder, writeChanged } from "./private-folder.ts";
import { isPartAnew, usedAt, type Workplace } from "./workplace.ts";

/** @param anew its certificate and its nkey, not only what is missing @returns what was made, a line each */
export async function keepNodeFiles({ dir, record, authority, shared, anew: what }: Workplace, holder: KeyHolder, folder: string, anew: boolean): Promise<string[]> {
  const { id, role } = holder;
  const made: string[] = [];
  openPrivateFolder(join(dir, "nodes"));
  openPrivateFolder(folder);
  if (await keepCertificate(join(folder, "client"), authority.own, { name: id, usages: ["client"], hosts: [] }, anew)) made.push("client.crt");
  if (role === "edge" && await keepCertificate(join(folder, "gateway"), authority.own, { name: `gateway of ${id}`, usages: ["server"], hosts: record.gateway }, anew || isPartAnew(what, "gateway"))) made.push("gateway.crt");
  const seed = join(folder, "nkey.seed");
  if (anew || holder.nkey === undefined || !existsSync(seed)) {
    const pair = nkeys.createUser();
    writeSecretFile(seed, `${Buffer.from(pair.getSeed()).toString("ascii")}\n`);
    holder.nkey = pair.getPublicKey();
    made.push("nkey.seed");
  }
  writeChanged(join(folder, "ca.crt"), authority.trusted);
  if (role !== "operator") writeChanged(join(folder, "redis.password"), `${shared.redisPassword}\n`);
  if (role !== "operator" && shared.storeKey !== undefined) writeChanged(join(folder, "store.key"), `${shared.storeKey}\n`);
  writeChanged(join(folder, "node.env"), formatSettings(nodeSettings(record, holder, usedAt(dir, record, `nodes/${id}`), shared)));
  return made.map((name) => `nodes/${id}/${name}`);
}
