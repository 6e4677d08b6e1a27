/** Requests over a network to a server: each takes time both ways, may fail, and may have been done although no answer comes. */
import type { EventLoop } from "./event-loop.ts";
import type { Life } from "./process.ts";
import type { Random } from "./random.ts";

/** `refused`: nothing is done; `unanswered`: done, and no answer comes; `late`: done after its sender gave it up. */
export type Fate = "done" | "refused" | "unanswered" | "late";

export interface Server {
  /** One way, ms. */
  latency(): number;
  fate(isWrite: boolean): Fate;
  /** Whether it answers this process at all. */
  answers(life: Life): boolean;
  /** What a sender gets when none comes. */
  failure(): Error;
  timeoutMs: number;
}

/** What becomes of requests, as shares of them: the rest is done at once. */
export interface Weather { refused: number; unanswered: number; late: number; slow: number }
export const CALM: Weather = { refused: 0, unanswered: 0, late: 0, slow: 0 };
const LATENCY_MS = { usual: 3, slow: 4_000 };

export function openServer(random: Random, weather: () => Weather, server: Pick<Server, "answers" | "failure" | "timeoutMs">): Server {
  return {
    ...server,
    latency: () => (random.chance(weather().slow) ? 200 + random.next() * LATENCY_MS.slow : 0.2 + random.next() * LATENCY_MS.usual),
    fate(isWrite) {
      const { refused, unanswered, late } = weather();
      const drawn = random.next();
      if (drawn < refused) return "refused";
      if (drawn < refused + unanswered) return "unanswered";
      return isWrite && drawn < refused + unanswered + late ? "late" : "done";
    },
  };
}

/** How long after its sender gave up a request may still arrive. */
export const LATE_MS = 8_000;
const REFUSED_MS = 2;

export interface Requests {
  send<T>(life: Life, server: Server, isWrite: boolean, effect: () => T | Promise<T>): Promise<T>;
  /** Sent, and neither done nor lost so far. */
  pending(): number;
}

export function openRequests(loop: EventLoop, random: Random, count: (what: string) => void): Requests {
  let pending = 0;
  return {
    pending: () => pending,
    send<T>(life: Life, server: Server, isWrite: boolean, effect: () => T | Promise<T>): Promise<T> {
      const { promise, resolve, reject } = Promise.withResolvers<T>();
      const fate = server.answers(life) ? server.fate(isWrite) : "refused";
      const giveUp = (ms: number): void => { loop.in(ms, () => life.deliver(() => reject(server.failure()))); };
      if (fate === "refused") {
        giveUp(REFUSED_MS);
        return promise;
      }
      if (fate !== "done") count(`request ${fate}`);
      if (fate !== "done") giveUp(server.timeoutMs);
      pending++;
      loop.in(fate === "late" ? server.timeoutMs + random.next() * LATE_MS : server.latency(), async () => {
        pending--;
        if (!server.answers(life) || (life.isOver() && random.chance(0.5))) return giveUp(REFUSED_MS); // lost on the way
        let answer: () => void;
        try {
          const result = await effect();
          answer = () => resolve(result);
        } catch (error) {
          answer = () => reject(error as Error);
        }
        if (fate === "done") loop.in(server.latency(), () => life.deliver(answer));
      });
      return promise;
    },
  };
}
