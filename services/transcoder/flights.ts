/**
 * What is being made on this node, and for whom. A file is made by one run at a time, and all who ask for it get its
 * bytes as they come; a run for viewers ends when the last of them has left.
 */
import { GrowingBytes } from "../../mixins/growing-bytes.ts";

/** One run: of FFmpeg, or in-process. */
export interface Run {
  /** `play`: for who waits now, and for nobody else. */
  readonly kind: "play" | "background";
  readonly cancel: AbortController;
  /** Its files, by key. */
  readonly files: Map<string, GrowingBytes>;
  readonly waiters: Set<string>;
  /** Somebody waits who cannot say that they left. */
  pinned: boolean;
  /** So little is left to do that it is not worth stopping. */
  nearlyDone: boolean;
}

export function openFlights() {
  const flights = new Map<string, { bytes: GrowingBytes; run: Run }>();
  const waiting = new Map<string, Run>();

  function remove(run: Run): void {
    for (const [key, bytes] of run.files) if (flights.get(key)?.bytes === bytes) flights.delete(key);
    for (const waiter of run.waiters) forget(waiter, run);
  }

  function forget(waiter: string, run: Run): void {
    run.waiters.delete(waiter);
    if (waiting.get(waiter) === run) waiting.delete(waiter);
  }

  return {
    begin(kind: Run["kind"]): Run {
      return { kind, cancel: new AbortController(), files: new Map(), waiters: new Set(), pinned: false, nearlyDone: false };
    },

    /** The run's file of this key: from now on who asks for it gets this one, unless another run is making it. */
    file(run: Run, key: string): GrowingBytes {
      const known = run.files.get(key);
      if (known !== undefined) return known;
      const bytes = new GrowingBytes();
      run.files.set(key, bytes);
      if (!flights.has(key)) flights.set(key, { bytes, run });
      return bytes;
    },

    /** The file as it is being made, if it is; `waiter` waits for it then. */
    join(key: string, waiter: string | undefined): { bytes: GrowingBytes; run: Run } | undefined {
      const flight = flights.get(key);
      if (flight === undefined) return undefined;
      const { bytes, run } = flight;
      if (waiter === undefined) run.pinned = true;
      else {
        run.waiters.add(waiter);
        waiting.set(waiter, run);
        const served = (): void => forget(waiter, run); // who has got it cannot leave any more, and keeps nothing going
        bytes.ended().then(served, served);
      }
      return flight;
    },

    /** `bytes` are complete: a run that has not begun with this file need not make it any more. */
    adopt(key: string, bytes: Buffer): void {
      const flight = flights.get(key);
      if (flight === undefined || flight.bytes.size > 0) return;
      flight.bytes.push(bytes);
      flight.bytes.end();
      if ([...flight.run.files.values()].some((file) => file.isGrowing) || flight.run.kind !== "play") return;
      remove(flight.run);
      flight.run.cancel.abort();
    },

    /** Ends the run that this one alone waited for; who asks for its files later has them made anew. */
    leave(waiter: string): void {
      const run = waiting.get(waiter);
      if (run === undefined) return;
      forget(waiter, run);
      if (run.kind !== "play" || run.pinned || run.waiters.size > 0 || run.nearlyDone) return;
      remove(run);
      run.cancel.abort();
    },

    /** The run is over: what it has not completed fails with `error`. */
    end(run: Run, error: unknown): void {
      for (const bytes of run.files.values()) bytes.fail(error);
      remove(run);
    },
  };
}

export type Flights = ReturnType<typeof openFlights>;
