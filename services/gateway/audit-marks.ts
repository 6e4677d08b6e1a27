/** What the audit log learns of a request that only the gateway knows: where it came from, as what, and that it was turned away. */
import type { IncomingMessage } from "node:http";
import type { ServiceBroker } from "moleculer";
import { auditSinkOf, type AuditMeta } from "../../config/audit-sink.ts";
import { ANONYMOUS, may } from "../../config/access/permissions.ts";
import { ERRORS, findErrorCode } from "../../config/errors.ts";
import { findRefused } from "./access/callers.ts";
import type { Route } from "./exchange.ts";

type AddressOf = (req: IncomingMessage) => string;

/** Travels with the calls that are made for the request. Of what everybody may, nothing is recorded. */
export function auditMeta(broker: ServiceBroker, { permission, operation }: Route, req: IncomingMessage, addressOf: AddressOf): AuditMeta {
  const sink = may(ANONYMOUS, permission) ? undefined : auditSinkOf(broker);
  return sink === undefined || sink === "opening" ? {} : { operation, from: sink.ofAddress(addressOf(req)) };
}

/** Counts who was told 401 or 403. */
export function noteRefusal(broker: ServiceBroker, { operation }: Route, req: IncomingMessage, addressOf: AddressOf, error: unknown): void {
  const code = findErrorCode(error);
  const sink = auditSinkOf(broker);
  if (code === undefined || ![401, 403].includes(ERRORS[code].status) || sink === undefined || sink === "opening") return;
  sink.refuse({ code, subject: sink.ofSubject(findRefused(error)?.subject ?? "unknown"), asked: operation, from: sink.ofAddress(addressOf(req)) });
}
