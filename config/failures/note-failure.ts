/** Where whatever runs on a node says that something failed. It costs no round trip: what is noted is told to others in a moment. */
import { ulid } from "ulid";
import type { ServiceBroker } from "moleculer";
import { errorMessage } from "../error-message.ts";
import { failureKindOf, kindOf } from "./failure-code.ts";
import { openFailureLedger, type FailureLedger } from "./failure-ledger.ts";
import { VERSION } from "./version.ts";

export interface About {
  /** The action or event where it began, as in `transcoder.make`. */
  action: string;
  /** Where the error's own code does not say what failed. */
  code?: string;
  requestId?: string | undefined;
  video?: string | undefined;
}

const ledgers = new WeakMap<ServiceBroker, FailureLedger>();
/** Errors go from call to call as they are. */
const noted = new WeakSet<object>();

export function failureLedgerOf(broker: ServiceBroker): FailureLedger {
  const known = ledgers.get(broker);
  if (known !== undefined) return known;
  const { region } = (broker.metadata ?? {}) as { region?: unknown };
  const ledger = openFailureLedger({ node: broker.nodeID, region: typeof region === "string" ? region : "", version: VERSION }, ulid().toLowerCase());
  ledgers.set(broker, ledger);
  return ledger;
}

/** Notes a failure where it begins: an error that came from another node, or was noted before, has been; the caller's own fault is none. */
export function noteFailure(broker: ServiceBroker, error: unknown, { action, code, requestId, video }: About): void {
  const kind = code === undefined ? failureKindOf(error) : kindOf(code);
  if (kind === undefined || cameByWire(error)) return;
  if (typeof error === "object" && error !== null) {
    if (noted.has(error)) return;
    noted.add(error);
  }
  const stack = error instanceof Error ? error.stack : undefined;
  failureLedgerOf(broker).note({ ...kind, action, message: errorMessage(error), stack, requestId, video, at: Date.now() });
}

/** Moleculer writes down on an error which node sent it. */
function cameByWire(error: unknown): boolean {
  return typeof error === "object" && error !== null && "nodeID" in error && typeof error.nodeID === "string";
}
