/**
 * Gives up waiting for a node that has fallen silent. A node that dies takes its calls with it, and Moleculer notices that
 * after its heartbeats have stayed away, two to three seconds later; a viewer waits. So the nodes that something is asked of
 * are pinged meanwhile, and one of which nothing at all was heard for a second is not waited for any more.
 *
 * A silence that is our own is none of theirs: while what this node sends itself through the mesh does not come back, or its
 * own timer is late, nobody is given up.
 *
 * But when our line has broken and is whole again, question or answer of a call from before may have been lost with it, and
 * nobody would notice before the call's time is up: it is given up as soon as its node is heard again.
 */
export interface WatchPorts {
  ownId: string;
  /** Has the node answer; to the own node, has the message come back. */
  ping(nodeId: string): void;
  /** When anything last came from it, in the time of `now`. */
  heardAt(nodeId: string): number | undefined;
  onSilent(nodeId: string): void;
  /** Milliseconds that only grow. */
  now(): number;
}

const SILENCE_MS = 1_000;
const LOOK_MS = 250;

interface Waiting { since: number; giveUp: () => void }

export function openCallWatch({ ownId, ping, heardAt, onSilent, now }: WatchPorts) {
  const waiting = new Map<string, Set<Waiting>>();
  let timer: NodeJS.Timeout | undefined;
  let lookedAt = 0;
  /** Since then this node has been well itself. */
  let wellSince = 0;
  let restoredAt = -Infinity;

  function look(): void {
    const time = now();
    const isWell = time - lookedAt < 2 * LOOK_MS && (heardAt(ownId) ?? -Infinity) >= lookedAt;
    if (!isWell) wellSince = time;
    lookedAt = time;
    for (const [nodeId, calls] of waiting) {
      const heard = heardAt(nodeId) ?? -Infinity;
      const lost = heard > restoredAt ? [...calls].filter(({ since }) => since <= restoredAt) : [];
      const silent = [...calls].filter(({ since }) => time - Math.max(since, wellSince, heard) >= SILENCE_MS);
      if (silent.length > 0) onSilent(nodeId);
      for (const call of new Set([...lost, ...silent])) {
        end(nodeId, call);
        call.giveUp();
      }
      ping(nodeId);
    }
    ping(ownId);
  }

  function end(nodeId: string, call: Waiting): void {
    const calls = waiting.get(nodeId);
    calls?.delete(call);
    if (calls?.size === 0) waiting.delete(nodeId);
    if (waiting.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  }

  function begin(): void {
    [lookedAt, wellSince] = [now(), now()];
    ping(ownId);
    timer = setInterval(look, LOOK_MS);
  }

  return {
    /** A call waits for `nodeId`. @param giveUp called once, when that falls silent @returns to be called when the answer is there */
    watch(nodeId: string, giveUp: () => void): () => void {
      const calls = waiting.get(nodeId) ?? new Set();
      const call = { since: now(), giveUp };
      waiting.set(nodeId, calls.add(call));
      if (timer === undefined) begin();
      return () => end(nodeId, call);
    },
    /** This node's line to the mesh broke, and is whole again. */
    restored(): void {
      restoredAt = now();
      wellSince = restoredAt;
    },
  };
}

export type CallWatch = ReturnType<typeof openCallWatch>;
