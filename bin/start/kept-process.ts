/** A process that is kept running: started, watched, and started again when it dies by itself. */
import { describeExit, type Child } from "./child.ts";
import { restartDelayMs } from "./restart-policy.ts";
import { StartError } from "./start-error.ts";

export interface KeptProcessOptions {
  /** As the screen calls it: `Redis`. */
  readonly name: string;
  readonly open: () => Child;
  /** Resolves when the process does its work; rejects when `signal` ends the wait, or with a StartError. */
  readonly waitReady: (signal: AbortSignal) => Promise<void>;
  /** What its last lines mean, where that is known. */
  readonly explain?: (lines: readonly string[]) => string | undefined;
  readonly logPath: string;
  readonly say: (line: string) => void;
}

export interface KeptProcess {
  pid(): number | undefined;
  /** Settles when the first start has worked, or has not: rejects with a StartError, and nothing is left running. */
  readonly ready: Promise<void>;
  /** Rejects with a StartError when restarting is given up; never resolves. */
  readonly givenUp: Promise<never>;
  stop(graceMs: number): Promise<void>;
  kill(): void;
}

export function keepRunning(options: KeptProcessOptions): KeptProcess {
  const { name, say } = options;
  const stopping = new AbortController();
  const givenUp = Promise.withResolvers<never>();
  let child = options.open();

  const ready = becomeReady();
  const watching = ready.then(watch, () => undefined); // a failed start is the opener's to hear of
  givenUp.promise.catch(() => undefined); // an opener that already stops doesn't care
  return {
    pid: () => child.pid,
    ready,
    givenUp: givenUp.promise,
    kill() {
      stopping.abort();
      child.kill();
    },
    async stop(graceMs) {
      stopping.abort();
      await child.stop(graceMs);
      await watching;
    },
  };

  async function becomeReady(): Promise<void> {
    const waiting = new AbortController();
    const died = child.exited.then((exit): never => {
      const lines = child.lastLines();
      const why = options.explain?.(lines) ?? lines.findLast((line) => line.trim() !== "") ?? describeExit(exit);
      throw new StartError(`${name} did not start: ${why.trim()}`);
    });
    try {
      await Promise.race([options.waitReady(AbortSignal.any([waiting.signal, stopping.signal])), died]);
    } catch (error) {
      if (!stopping.signal.aborted) {
        child.kill();
        await child.exited;
      }
      if (error instanceof StartError) throw new StartError(`${error.message} (log: ${options.logPath})`);
      throw error;
    } finally {
      waiting.abort();
      died.catch(() => undefined); // when it dies later, the watch says so
    }
  }

  async function watch(): Promise<void> {
    const failures: number[] = [];
    while (!stopping.signal.aborted) {
      const exit = await child.exited;
      if (stopping.signal.aborted) return;
      failures.push(Date.now());
      const delayMs = restartDelayMs(failures);
      if (delayMs === undefined) {
        givenUp.reject(new StartError(`${name} keeps dying (${describeExit(exit)}); see its log ${options.logPath}`));
        return;
      }
      say(`${name} stopped by itself (${describeExit(exit)}); starting it again in ${delayMs / 1000} s.`);
      await pause(delayMs, stopping.signal);
      if (stopping.signal.aborted) return;
      child = options.open();
      try {
        await becomeReady();
        say(`${name} runs again.`);
      } catch (error) {
        if (stopping.signal.aborted) return;
        if (!(error instanceof StartError)) throw error;
        say(error.message);
      }
    }
  }
}

/** Ends early, and not as an error, when `signal` does. */
function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, delayMs);
    signal.addEventListener("abort", () => { clearTimeout(timer); resolve(); }, { once: true });
  });
}
