/** What happened so far, in order, and waiting for what is still to happen. */
import type { Context, ServiceBroker } from "moleculer";

export interface History<T> {
  readonly all: readonly T[];
  add(entry: T): void;
  /** The first entry that matches, past or future. */
  until(match: (entry: T) => boolean): Promise<T>;
}

export function openHistory<T>(): History<T> {
  const all: T[] = [];
  const waiting = new Set<(entry: T) => void>();
  return {
    all,
    add(entry) {
      all.push(entry);
      for (const look of waiting) look(entry);
    },
    until(match) {
      const found = all.find(match);
      if (found !== undefined) return Promise.resolve(found);
      return new Promise((resolve) => {
        const look = (entry: T): void => {
          if (!match(entry)) return;
          waiting.delete(look);
          resolve(entry);
        };
        waiting.add(look);
      });
    },
  };
}

export interface SeenEvent { name: string; payload: Record<string, unknown> }

/** Every event that matches one of `patterns` (`video.*`) as a service beside the others sees it. Before the broker starts. */
export function watchEvents(broker: ServiceBroker, ...patterns: readonly string[]): History<SeenEvent> {
  const history = openHistory<SeenEvent>();
  const handler = (ctx: Context<Record<string, unknown>>): void => history.add({ name: ctx.eventName ?? "", payload: ctx.params });
  broker.createService({ name: "witness", events: Object.fromEntries(patterns.map((pattern) => [pattern, handler])) });
  return history;
}
