/** Ties a run to the signals of its terminal and turns how it ended into an exit code. */
import { complain } from "../complain.ts";
import type { RunSignals } from "./run-lectern.ts";

const STOP_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * The first signal asks for an end in good order, the second for one at once.
 * @returns 0 after a stop, 1 after a fault, which has been told on stderr, one line each
 */
export async function runUntilSignal(run: (signals: RunSignals) => Promise<void>, say: (text: string) => void): Promise<number> {
  const stop = new AbortController();
  const kill = new AbortController();
  const onSignal = (): void => {
    if (stop.signal.aborted) {
      kill.abort();
      return;
    }
    say("Stopping; work in flight gets up to 30 s. Ctrl-C again ends it at once.");
    stop.abort();
  };
  for (const signal of STOP_SIGNALS) process.on(signal, onSignal);
  try {
    await run({ stop: stop.signal, kill: kill.signal });
    say("Stopped.");
    return 0;
  } catch (error) {
    complain(error);
    return 1;
  } finally {
    for (const signal of STOP_SIGNALS) process.off(signal, onSignal);
  }
}
