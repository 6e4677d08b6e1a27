/**
 * How many bytes of what was made wait on this node for the object store: they can't be dropped, so what is kept in memory
 * for viewers gives way to them, and segments take no more of it than the operator said. One count a broker.
 */
import type { ServiceBroker } from "moleculer";

export interface UnstoredBytes {
  set(bytes: number): void;
  /** Called with the count now, and after each change. */
  follow(listener: (bytes: number) => void): void;
}

const counts = new WeakMap<ServiceBroker, UnstoredBytes>();

export function unstoredBytes(broker: ServiceBroker): UnstoredBytes {
  const known = counts.get(broker) ?? openUnstoredBytes();
  counts.set(broker, known);
  return known;
}

function openUnstoredBytes(): UnstoredBytes {
  const listeners: ((bytes: number) => void)[] = [];
  let now = 0;
  return {
    set(bytes) {
      now = bytes;
      for (const listener of listeners) listener(now);
    },
    follow(listener) {
      listeners.push(listener);
      listener(now);
    },
  };
}
