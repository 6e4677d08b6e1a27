/** What happens to the object store, and to the origin of a source. */
import type { S3Faults } from "../../test/support/s3-fault-proxy.ts";
import { PHASES, type Fault, type FaultTable } from "./fault.ts";
import { within } from "./within.ts";

const STORE_MS = 8_000;
const ORIGIN_MS = 5_000;
const SEEN_MS = 30_000;
const STALL_SEEN_MS = 1_000;
const SLOW_MS = 1_500;

export const STORE_FAULTS: FaultTable = {
  "store answers 500": refusing({ refuseOneIn: 1, refusal: { status: 500, code: "InternalError" } }),
  "store answers 503": refusing({ refuseOneIn: 1, refusal: { status: 503, code: "SlowDown" } }),
  "store slow": refusing({ delayMs: SLOW_MS }),
  "store full": refusing({ refuseOneIn: 1, refusal: { status: 403, code: "QuotaExceeded" }, only: (line) => line.startsWith("PUT ") }),
};

export const ORIGIN_FAULTS: FaultTable = {
  "origin cuts": {
    phases: ["downloading", "encoding"], lasts: () => 0, needsSlowSource: true,
    async strike({ mesh: { origin } }) {
      const cut = origin.cutAll();
      return { async seen() { if (cut === 0) throw new Error("nothing was being answered"); return `${cut} answers were cut`; }, end: async () => undefined };
    },
  },
  "origin stalls": {
    phases: ["downloading", "encoding"], lasts: () => ORIGIN_MS, needsSlowSource: true,
    async strike({ mesh: { origin }, path }) {
      origin.behave(path, { stallAt: 0.3 });
      origin.cutAll();
      return {
        seen: async () => await within(SEEN_MS, "an answer stalls", async () => {
          const { bytes } = origin.stats;
          await new Promise((resolve) => setTimeout(resolve, STALL_SEEN_MS));
          return origin.busy() > 0 && origin.stats.bytes === bytes && `${origin.busy()} answers stood still`;
        }),
        end: async () => origin.behave(path, {}),
      };
    },
  },
  "origin answers 503": {
    phases: ["downloading", "encoding"], lasts: () => ORIGIN_MS, needsSlowSource: true,
    async strike({ mesh: { origin }, path }) {
      origin.behave(path, { status: 503, retryAfter: "1" });
      const before = origin.stats.requests;
      origin.cutAll();
      return {
        seen: async () => await within(SEEN_MS, "a request is refused", () => origin.stats.requests > before && `${origin.stats.requests - before} requests were refused`),
        end: async () => origin.behave(path, {}),
      };
    },
  },
};

function refusing(faults: Partial<S3Faults>): Fault {
  return {
    phases: PHASES, lasts: () => STORE_MS,
    async strike({ mesh: { stores } }) {
      const done = (): number => stores.reduce((sum, store) => sum + store.done, 0);
      const before = done();
      const healthy = stores.map((store) => ({ ...store.faults }));
      for (const store of stores) Object.assign(store.faults, faults);
      return {
        seen: async () => await within(SEEN_MS, "a request of the store fails", () => done() > before && `${done() - before} requests`),
        end: async () => { for (const [index, store] of stores.entries()) Object.assign(store.faults, healthy[index]); },
      };
    },
  };
}
