/**
 * Whether this node takes work, and why not: one state a broker, which its services read and set, and follow by
 * `onChange`. The `node` service tells the mesh.
 */
import type { ServiceBroker } from "moleculer";
import { errorMessage } from "../config/errors.ts";
import type { NodeCondition, NodeReason, NodeView } from "../services/node/node.contract.ts";

export interface NodeState {
  /** Whether new work may begin here: exactly in the state `active`. */
  readonly accepting: boolean;
  /** The process is about to end: no connection is to be taken any more. Never taken back. */
  readonly leaving: boolean;
  readonly condition: NodeCondition;
  /** With what it is doing, which has to be counted. */
  view(): NodeView;
  /** Called after each change of state or reasons, and when the node begins to leave. @returns ends that */
  onChange(listener: (view: NodeView) => void): () => void;
  /**
   * Counts work that a drain waits for. A node that leaves does not wait for what is `returnable`, which it hands back.
   * @returns ends that
   */
  countWork(kind: string, count: () => number, options?: { returnable?: boolean }): () => void;
  /** Whether there is work that cannot be handed back. */
  isBusy(): boolean;

  /** Takes no new work until `undrain`. A second drain changes only why. */
  drain(why: string): void;
  /** Has no effect on a node that leaves. */
  undrain(): void;
  /** A node that drains, and has no work left, is drained from now on. */
  settle(): void;
  leave(): void;
  /** For as long as any code stands. */
  quarantine(code: string, message: string): void;
  release(code: string): void;
}

const states = new WeakMap<ServiceBroker, NodeState>();

/** The state of the node that `broker` is. */
export function nodeState(broker: ServiceBroker): NodeState {
  const known = states.get(broker) ?? openNodeState(broker);
  states.set(broker, known);
  return known;
}

function openNodeState({ nodeID, logger }: ServiceBroker): NodeState {
  const listeners = new Set<(view: NodeView) => void>();
  const kinds = new Map<string, { count: () => number; returnable: boolean }>();
  const faults = new Map<string, string>();
  let drain: { why: string; done: boolean } | undefined;
  let leaving = false;
  let since = new Date();

  const condition = (): NodeCondition => {
    if (drain !== undefined) return drain.done ? "drained" : "draining";
    return faults.size > 0 ? "quarantined" : "active";
  };
  const reasons = (): NodeReason[] => [
    ...(drain === undefined ? [] : [{ code: "drain", message: drain.why }]),
    ...[...faults].map(([code, message]) => ({ code, message })),
  ];
  const running = (): Record<string, number> => Object.fromEntries([...kinds].map(([kind, { count }]) => [kind, count()] as const).filter(([, count]) => count > 0));
  const view = (): NodeView => ({ nodeID, state: condition(), reasons: reasons(), accepting: condition() === "active", since: since.toISOString(), running: running() });

  function change(apply: () => void): void {
    const before = condition();
    const told = JSON.stringify([before, reasons(), leaving]);
    apply();
    if (condition() !== before) since = new Date();
    if (JSON.stringify([condition(), reasons(), leaving]) === told) return;
    const now = view();
    if (now.state !== before) logger.warn(`This node is ${now.state}${now.reasons.length === 0 ? "" : `: ${now.reasons.map(({ message }) => message).join(" ")}`}`);
    for (const listener of listeners) {
      try {
        listener(now);
      } catch (error) {
        logger.error(`A change of the node's state was not taken note of: ${errorMessage(error)}`);
      }
    }
  }

  return {
    get accepting() { return condition() === "active"; },
    get leaving() { return leaving; },
    get condition() { return condition(); },
    view,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    countWork(kind, count, { returnable = false } = {}) {
      kinds.set(kind, { count, returnable });
      return () => kinds.delete(kind);
    },
    isBusy: () => [...kinds.values()].some(({ count, returnable }) => !returnable && count() > 0),
    drain: (why) => change(() => { drain = { why, done: drain?.done ?? false }; }),
    undrain: () => change(() => { if (!leaving) drain = undefined; }),
    settle: () => change(() => { if (drain !== undefined) drain.done = Object.keys(running()).length === 0; }),
    leave: () => change(() => { leaving = true; drain ??= { why: "It is stopping.", done: false }; }),
    quarantine: (code, message) => change(() => { faults.set(code, message); }),
    release: (code) => change(() => { faults.delete(code); }),
  };
}
