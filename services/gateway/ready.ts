/** Whether a posted video would play: every service of the chain is in the mesh, and what they stand on works. */
import { errorMessage, findErrorCode } from "../../config/errors.ts";
import type { NodeState } from "../../mixins/node-state.ts";
import { isDraining } from "./connections.ts";

const CHAIN = ["videos", "source", "validator", "scheduler", "transcoder", "cache", "storage", "delivery"] as const;
/** The object store; the region's Redis; FFmpeg. */
const CHECKS = ["storage.check", "scheduler.check", "transcoder.check"] as const;
const FRESH_MS = 1_000;

export interface ReadinessPorts {
  /** Names of the services that some node of the mesh runs. */
  runningServices(): Promise<ReadonlySet<string>>;
  /** Rejects when the check fails. */
  check(action: string): Promise<unknown>;
  /** Of this node. A quarantine does not count: viewers are served all the same, and a fault of all nodes must not close all doors. */
  node: NodeState;
  now(): number;
}

export interface Readiness {
  /** Names of what is missing or failing, with why where that is known; empty when all is well. At most a second old. */
  missing(): Promise<readonly string[]>;
}

export function openReadiness(ports: ReadinessPorts): Readiness {
  let answer: { at: number; missing: Promise<readonly string[]> } | undefined;
  return {
    async missing() {
      if (isDraining(ports.node)) return [`this node, which is ${ports.node.view().state}`];
      if (answer === undefined || ports.now() - answer.at > FRESH_MS) answer = { at: ports.now(), missing: look(ports) };
      return await answer.missing;
    },
  };
}

async function look(ports: ReadinessPorts): Promise<readonly string[]> {
  const running = await ports.runningServices();
  const absent = CHAIN.filter((name) => !running.has(name));
  const checked = CHECKS.filter((action) => running.has(action.slice(0, action.indexOf("."))));
  const results = await Promise.allSettled(checked.map((action) => ports.check(action)));
  const failing = checked.flatMap((action, index) => {
    const result = results[index];
    return result?.status === "rejected" ? [describe(action, result.reason)] : [];
  });
  return [...absent, ...failing];
}

/** Only what an error of ours says is for everyone to read. */
function describe(action: string, error: unknown): string {
  return findErrorCode(error) === undefined ? action : `${action} (${errorMessage(error).replace(/\.$/, "")})`;
}
