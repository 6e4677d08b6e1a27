/** The configuration of a NATS and of a Redis that let in whom the record names, over TLS, and nobody else. */
import { subjectsOf } from "../../config/nats-subjects.ts";
import { redisUsers } from "../../config/redis-access.ts";
import type { KeyRecord } from "./key-record.ts";

const MADE = "# Made by `npm run keys`, and made anew by it: change what it is told, not this.";
const quote = (text: string): string => JSON.stringify(text);

/** Everything of a single server; regions have `deploy/nats/` instead, which includes the other two. */
export function natsConf(record: KeyRecord): string {
  return `${MADE}
server_name: "lectern"
listen: "${listenHost(record.nats)}:${portOf(record.nats)}"
max_payload: 8MB
include "clients.conf"
`;
}

/** TLS in both directions, and of each node its key with its subjects. @param dir of these files when they are used */
export function natsClientsConf({ namespace, nodes }: KeyRecord, dir: string): string {
  const users = nodes.flatMap(({ id, role, nkey }) => {
    if (nkey === undefined) return [];
    const { publish, subscribe } = subjectsOf(namespace, id);
    const list = (subjects: readonly string[]): string => subjects.map(quote).join(", ");
    return [`    # ${id}, ${role}\n    { nkey: ${nkey}, permissions: {\n      publish: { allow: [${list(publish)}] }\n      subscribe: { allow: [${list(subscribe)}] }\n    } }`];
  });
  return `${MADE}\n${tls(dir, "  verify: true\n  timeout: 5\n")}authorization {\n  timeout: 5\n  users: [\n${users.join("\n")}\n  ]\n}\n`;
}

/** For the section \`gateway\`, by which regions are joined: there NATS asks for a certificate by itself. */
export function natsGatewayConf(dir: string): string {
  return `${MADE}\n${tls(dir, "  timeout: 5\n")}`;
}

function tls(dir: string, more: string): string {
  return `tls {\n  cert_file: ${quote(`${dir}/server.crt`)}\n  key_file: ${quote(`${dir}/server.key`)}\n  ca_file: ${quote(`${dir}/ca.crt`)}\n${more}}\n`;
}

/** Every write is on disk before its answer; nothing is evicted; nothing is spoken but TLS. */
export function redisConf(record: KeyRecord, dir: string): string {
  const hosts = listenHost(record.redis);
  return `${MADE}
bind ${hosts === "0.0.0.0" ? "* -::*" : hosts}
port 0
tls-port ${portOf(record.redis)}
tls-cert-file ${quote(`${dir}/server.crt`)}
tls-key-file ${quote(`${dir}/server.key`)}
tls-ca-cert-file ${quote(`${dir}/ca.crt`)}
tls-auth-clients yes
tls-protocols "TLSv1.2 TLSv1.3"
aclfile ${quote(`${dir}/users.acl`)}
appendonly yes
appendfsync always
save ""
maxmemory-policy noeviction
`;
}

export function redisAcl({ namespace }: KeyRecord, passwordHash: string): string {
  return `${redisUsers(namespace, passwordHash).join("\n")}\n`;
}

export function hostOf(hostPort: string): string {
  return hostPort.replace(/:\d+$/, "").replace(/^\[|\]$/g, "");
}

/** Servers that are reached by this machine's own names listen for nobody else. */
function listenHost(hostPorts: readonly string[]): string {
  return hostPorts.map(hostOf).every((host) => host === "localhost" || host === "127.0.0.1") ? "127.0.0.1" : "0.0.0.0";
}

function portOf(hostPorts: readonly string[]): string {
  return /:(\d+)$/.exec(hostPorts[0] ?? "")?.[1] ?? "";
}
