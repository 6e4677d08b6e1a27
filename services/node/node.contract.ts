/** What a node says of itself, and what others may say to it; call `node.*` with its `nodeID`. */

/**
 * active: takes work. draining: takes none, and finishes what it has. drained: has none left. quarantined: it keeps
 * failing by its own fault, takes no work, and looks for itself whether it is well again.
 */
export type NodeCondition = "active" | "draining" | "drained" | "quarantined";

/** `code` has few values; `message` is a sentence for people. */
export interface NodeReason { code: string; message: string }

/** Answer of `node.state`, `node.drain` and `node.undrain`, and the event `node.changed`, which every node gets. */
export interface NodeView {
  nodeID: string;
  state: NodeCondition;
  /** Why it is not active; none when it is. */
  reasons: NodeReason[];
  /** Whether work may be given to it: exactly when it is active. What viewers ask of it and of no other is done all the same. */
  accepting: boolean;
  /** ISO 8601: when the state was last another. */
  since: string;
  /** Work under way that a drain waits for, by kind; kinds of which there is none are left out. */
  running: Record<string, number>;
}

/** Of `node.drain`. */
export interface DrainParams { why?: string }
