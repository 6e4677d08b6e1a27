/**
 * What a node may say and hear on NATS: the subjects of Moleculer's packets, and nothing else. A node hears what is for all
 * and what is for itself; so nobody reads, or takes away, what is meant for another.
 */

export interface Subjects { readonly publish: readonly string[]; readonly subscribe: readonly string[] }

const FOR_ALL = ["DISCOVER", "INFO", "DISCONNECT", "HEARTBEAT", "PING"] as const;
const FOR_ONE = ["EVENT", "REQ", "RES", "DISCOVER", "INFO", "PING", "PONG"] as const;

/** A node's name is one token of a subject, in the files of `npm run keys` a folder, and no wildcard. */
export function isNodeId(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/.test(text);
}

/** @param nodeId as `isNodeId` has it */
export function subjectsOf(namespace: string, nodeId: string): Subjects {
  const prefix = `MOL-${namespace}`;
  const forAll = FOR_ALL.map((packet) => `${prefix}.${packet}`);
  return {
    publish: [...forAll, ...FOR_ONE.map((packet) => `${prefix}.${packet}.*`)],
    subscribe: [...forAll, ...FOR_ONE.map((packet) => `${prefix}.${packet}.${nodeId}`)],
  };
}
