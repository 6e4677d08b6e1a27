/** The mesh's events: each to one process of every group, or to all; lost, twice, late and out of order where it is bad. */
import type { EventLoop } from "./event-loop.ts";
import type { SimulatedProcess } from "./process.ts";
import type { Random } from "./random.ts";

/** What a process does with events, by their names. */
export type Handlers = Readonly<Record<string, (payload: unknown) => void>>;

export interface EventBus {
  /** In place of what the process listened to before. */
  listen(process: SimulatedProcess, group: string, handlers: Handlers): void;
  emit(event: string, payload: unknown): void;
  broadcast(event: string, payload: unknown): void;
  isBad: boolean;
}

const BAD = { lost: 0.3, twice: 0.2, delayMs: 5_000 };
const LATENCY_MS = 3;

export function openEventBus(loop: EventLoop, random: Random, count: (what: string) => void): EventBus {
  const groups = new Map<string, Map<SimulatedProcess, Handlers>>();

  function send(group: ReadonlyMap<SimulatedProcess, Handlers>, process: SimulatedProcess, event: string, payload: unknown): void {
    if (bus.isBad && random.chance(BAD.lost)) return count("event lost");
    const times = bus.isBad && random.chance(BAD.twice) ? 2 : 1;
    if (times === 2) count("event twice");
    for (let n = 0; n < times; n++) {
      if (bus.isBad) count("event late");
      loop.in(LATENCY_MS * random.next() + (bus.isBad ? random.next() * BAD.delayMs : 0), () => {
        process.life()?.deliver(() => group.get(process)?.[event]?.(structuredClone(payload)));
      });
    }
  }

  /** Those of which the mesh does not know that they are dead. */
  const listeners = (group: ReadonlyMap<SimulatedProcess, Handlers>, event: string): SimulatedProcess[] =>
    [...group].filter(([process, handlers]) => handlers[event] !== undefined && process.life() !== undefined).map(([process]) => process);

  const bus: EventBus = {
    isBad: false,
    listen(process, name, handlers) {
      const group = groups.get(name) ?? new Map<SimulatedProcess, Handlers>();
      groups.set(name, group.set(process, handlers));
    },
    emit(event, payload) {
      for (const group of groups.values()) {
        const candidates = listeners(group, event);
        if (candidates.length > 0) send(group, random.pick(candidates), event, payload);
      }
    },
    broadcast(event, payload) {
      for (const group of groups.values()) for (const process of listeners(group, event)) send(group, process, event, payload);
    },
  };
  return bus;
}
