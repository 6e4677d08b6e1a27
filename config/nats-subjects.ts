/**
 * What a node may say and hear on NATS: the subjects of Moleculer's packets, and nothing else. A node hears what is for all
 * and what is for itself; so nobody reads, or takes away, what is meant for another.
 */

/** `edge` has the gateway and what it needs, `worker` all else, `operator` is a prompt (`npm run repl`): it asks, and answers nobody. */
export const ROLES = ["edge", "worker", "operator"] as const;
export type Role = (typeof ROLES)[number];

export interface Subjects { readonly publish: readonly string[]; readonly subscribe: readonly string[] }

const FOR_ALL = ["DISCOVER", "INFO", "DISCONNECT", "HEARTBEAT", "PING"] as const;
const FOR_ONE = ["EVENT", "REQ", "RES", "DISCOVER", "INFO", "PING", "PONG"] as const;

/** A node's name is one token of a subject, in the files of `npm run keys` a folder, and no wildcard. */
export function isNodeId(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/.test(text);
}

/** @param nodeId as `isNodeId` has it */
export function subjectsOf(namespace: string, nodeId: string, role: Role): Subjects {
  const prefix = `MOL-${namespace}`;
  const silent = role === "operator" ? ["RES"] : [];
  return {
    publish: [...FOR_ALL.map((packet) => `${prefix}.${packet}`), ...FOR_ONE.filter((packet) => !silent.includes(packet)).map((packet) => `${prefix}.${packet}.*`)],
    subscribe: [...FOR_ALL.map((packet) => `${prefix}.${packet}`), ...FOR_ONE.map((packet) => `${prefix}.${packet}.${nodeId}`)],
  };
}
