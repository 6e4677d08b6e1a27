/** Makes all of a mesh's keys that are missing, and what is asked to be made anew; what is there stays. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { hashKey } from "../../config/access/api-key.ts";
import { keepAuthority } from "./kept-authority.ts";
import { keepCertificate } from "./kept-certificate.ts";
import type { KeyHolder, KeyRecord } from "./key-record.ts";
import { keepNodeFiles } from "./node-files.ts";
import { openPrivateFolder, writeChanged } from "./private-folder.ts";
import { hostOf, natsClientsConf, natsConf, natsGatewayConf, redisAcl, redisConf } from "./server-files.ts";
import { openSharedSecrets } from "./shared-secrets.ts";
import { isPartAnew, nodeDir, usedAt, type Anew, type PARTS, type Workplace } from "./workplace.ts";

/**
 * @param record is filled with the nkeys that are made, and told of the store's key; to be written afterwards
 * @returns what was made, a line each; nothing secret @throws StartError
 */
export async function makeKeys(dir: string, record: KeyRecord, anew: Anew): Promise<string[]> {
  openPrivateFolder(dir);
  const isAnew = (part: (typeof PARTS)[number]): boolean => isPartAnew(anew, part);
  const { authority, made } = await keepAuthority(dir, record.namespace, isAnew("authority"));
  const secrets = openSharedSecrets(dir, record, isAnew("redis-password"), isAnew("mesh-secret"));
  const work: Workplace = { dir, record, authority, shared: secrets.shared, anew };
  const lines = [...made, ...secrets.made, ...(await makeServer(work, "nats", isAnew("nats"))), ...(await makeServer(work, "redis", isAnew("redis")))];
  for (const holder of record.nodes) lines.push(...(await makeNode(work, holder)));
  // last: they name the nkeys that were just made
  writeServerFiles(work);
  return lines;
}

/** A folder that was carried away is not made again: its node has it, and would be locked out by a new one. */
async function makeNode(work: Workplace, holder: KeyHolder): Promise<string[]> {
  const isMoved = holder.nkey !== undefined && !existsSync(nodeDir(work.dir, holder.id));
  const wanted = work.anew !== undefined && "node" in work.anew && work.anew.node === holder.id;
  if (isMoved && !wanted) return [`nodes/${holder.id} is not here, and stays as it is where it was taken (\`rotate node ${holder.id}\` makes it anew)`];
  return await keepNodeFiles(work, holder, nodeDir(work.dir, holder.id), wanted);
}

async function makeServer({ dir, record, authority }: Workplace, server: "nats" | "redis", anew: boolean): Promise<string[]> {
  const folder = join(dir, server);
  openPrivateFolder(folder);
  // A NATS of a region dials the others: there it is a client. So is who looks whether Redis is up, on its machine.
  const made = await keepCertificate(join(folder, "server"), authority.own, { name: server, usages: ["server", "client"], hosts: [...new Set(record[server].map(hostOf))] }, anew);
  writeChanged(join(folder, "ca.crt"), authority.trusted);
  return made ? [`${server}/server.crt`] : [];
}

function writeServerFiles({ dir, record, shared }: Workplace): void {
  const [nats, redis] = [usedAt(dir, record, "nats"), usedAt(dir, record, "redis")];
  writeChanged(join(dir, "nats", "nats.conf"), natsConf(record));
  writeChanged(join(dir, "nats", "clients.conf"), natsClientsConf(record, nats));
  writeChanged(join(dir, "nats", "gateway-tls.conf"), natsGatewayConf(nats));
  writeChanged(join(dir, "redis", "redis.conf"), redisConf(record, redis));
  writeChanged(join(dir, "redis", "users.acl"), redisAcl(record, hashKey(shared.redisPassword)));
}
