/** The nodes that an autoscaler has started: they die with it, and are asked to drain before they end. */
import { describeExit, openChild, type Child, type Command } from "../start/child.ts";
import { pauseAfter } from "./steer.ts";

export interface NodePoolOptions {
  /** What the ids of its nodes begin with. */
  prefix: string;
  command(nodeId: string): Command;
  env: NodeJS.ProcessEnv;
  cwd: string;
  setpriv: string | undefined;
  /** How long one may take to drain, in ms. */
  graceMs: number;
  say(text: string): void;
  onLine(nodeId: string, line: string): void;
  now(): number;
}

export interface NodePool {
  /** Those that are to stay. */
  count(): number;
  /** Starts or ends as many as it takes. One that is still draining is not counted. */
  resize(wanted: number): void;
  /** All drain; resolves when they are gone. */
  close(): Promise<void>;
  kill(): void;
}

interface Member { nodeId: string; child: Child; leaving: boolean; gone: Promise<void> }

/** A node that has run for so long did not fail at its start. */
const SOUND_MS = 60_000;

export function openNodePool({ prefix, command, env, cwd, setpriv, graceMs, say, onLine, now }: NodePoolOptions): NodePool {
  let members: Member[] = [];
  let [failures, startNoSooner] = [0, 0];
  const staying = (): Member[] => members.filter(({ leaving }) => !leaving);

  function freeId(): string {
    for (let n = 1; ; n++) if (!members.some(({ nodeId }) => nodeId === `${prefix}${n}`)) return `${prefix}${n}`;
  }

  function start(): void {
    const nodeId = freeId();
    const startedAt = now();
    const child = openChild(command(nodeId), { env, cwd, setpriv, onLine: (line) => onLine(nodeId, line) });
    const member: Member = { nodeId, child, leaving: false, gone: Promise.resolve() };
    member.gone = child.exited.then((exit) => {
      members = members.filter((one) => one !== member);
      if (member.leaving) return say(`${nodeId} has left (${describeExit(exit)}).`);
      failures = now() - startedAt >= SOUND_MS ? 1 : failures + 1;
      startNoSooner = now() + pauseAfter(failures);
      say(`${nodeId} ended by itself (${describeExit(exit)}); another is started in ${pauseAfter(failures) / 1000} s at the soonest.`);
    });
    members.push(member);
    say(`${nodeId} starts.`);
  }

  function end(member: Member): void {
    member.leaving = true;
    say(`${member.nodeId} is asked to leave; it finishes what it has.`);
    void member.child.stop(graceMs);
  }

  return {
    count: () => staying().length,
    resize(wanted) {
      if (staying().length < wanted && now() < startNoSooner) return;
      while (staying().length < wanted) start();
      for (const member of staying().slice(wanted).toReversed()) end(member);
    },
    async close() {
      for (const member of staying()) end(member);
      await Promise.all(members.map(({ gone }) => gone));
    },
    kill: () => members.forEach(({ child }) => child.kill()),
  };
}
