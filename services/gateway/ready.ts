/** Whether a posted video would play: every service of the chain is in the mesh, and what they stand on works. */

const CHAIN = ["videos", "source", "validator", "scheduler", "transcoder", "cache", "storage", "delivery"] as const;
/** The object store; the region's Redis; FFmpeg. */
const CHECKS = ["storage.check", "scheduler.check", "transcoder.check"] as const;
const FRESH_MS = 1_000;

export interface ReadinessPorts {
  /** Names of the services that some node of the mesh runs. */
  runningServices(): Promise<ReadonlySet<string>>;
  /** Rejects when the check fails. */
  check(action: string): Promise<unknown>;
  now(): number;
}

export interface Readiness {
  /** Names of what is missing or failing; empty when all is well. At most a second old. */
  missing(): Promise<readonly string[]>;
}

export function openReadiness(ports: ReadinessPorts): Readiness {
  let answer: { at: number; missing: Promise<readonly string[]> } | undefined;
  return {
    missing() {
      if (answer === undefined || ports.now() - answer.at > FRESH_MS) answer = { at: ports.now(), missing: look(ports) };
      return answer.missing;
    },
  };
}

async function look(ports: ReadinessPorts): Promise<readonly string[]> {
  const running = await ports.runningServices();
  const absent = CHAIN.filter((name) => !running.has(name));
  const checked = CHECKS.filter((action) => running.has(action.slice(0, action.indexOf("."))));
  const results = await Promise.allSettled(checked.map((action) => ports.check(action)));
  const failing = checked.filter((_, index) => results[index]?.status === "rejected");
  return [...absent, ...failing];
}
