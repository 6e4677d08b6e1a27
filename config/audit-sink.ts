/** Where a node's part of the audit log is written: the service `audit` opens it, and whatever is to be recorded goes there. */
import type { Context, ServiceBroker } from "moleculer";
import type { Caller, Permission } from "./access/permissions.ts";

/** `begun`: is about to be done. `done`: came to an end. `access`: something was seen. `refused`: tried in vain. */
export type AuditType = "begun" | "done" | "access" | "refused";

export interface AuditWho {
  /** A key's id, `admin`, `node`, …; of a person's log-in the pseudonym. */
  subject: string;
  tenant?: string;
  roles?: readonly string[];
}
export type AuditTarget = Readonly<Record<string, string | number | boolean>>;

/** What is to be recorded, before it has its place in a chain. */
export interface AuditEntry {
  type: string;
  action?: string;
  permission?: string;
  /** Of the HTTP API. */
  operation?: string;
  who?: AuditWho;
  /** Pseudonym of the client's address. */
  from?: string;
  target?: AuditTarget;
  /** `ok`, or an error's code. */
  result?: string;
  requestId?: string;
  /** Of a `done`: the `seq` of its `begun`, in the same chain. */
  begun?: number;
  /** Of a `refused`: how often within the minute that begins then. */
  count?: number;
  since?: string;
}

export interface Appended { seq: number; /** Rejects when its write failed; it is tried again all the same. */ durable: Promise<void> }
export interface Refusal { code: string; subject: string; from?: string; asked: string }

export interface AuditSink {
  /** @throws overloaded when too much waits for the store */
  append(entry: AuditEntry): Appended;
  /** The same of what nobody waits for: what finds no room is counted. */
  note(entry: AuditEntry): void;
  /** Counted, and recorded once a minute. */
  refuse(refusal: Refusal): void;
  /** Writes what waits, and an end. */
  close(): Promise<void>;
  ofSubject(subject: string): string;
  ofAddress(address: string): string;
  ofValue(value: string): string;
}

const sinks = new WeakMap<ServiceBroker, AuditSink | "opening">();

/** `opening`: the node has the service, which has not started. Undefined: it has none. */
export function auditSinkOf(broker: ServiceBroker): AuditSink | "opening" | undefined {
  return sinks.get(broker);
}

export function setAuditSink(broker: ServiceBroker, sink: AuditSink | "opening" | undefined): void {
  if (sink === undefined) sinks.delete(broker);
  else sinks.set(broker, sink);
}

/** What travels with a call beside its passport. */
export interface AuditMeta { from?: string; operation?: string }

/** @param isRequest where nobody is asked for a key */
export function whoOf(sink: AuditSink, caller: Caller | undefined, isRequest = false): AuditWho {
  if (caller === undefined) return { subject: isRequest ? "anybody" : "node" };
  const { subject, tenant, roles } = caller;
  return { subject: sink.ofSubject(subject), roles: [...roles], ...(tenant === undefined ? {} : { tenant }) };
}

/** Who asks, from where, and under which request id. */
export function circumstancesOf(sink: AuditSink, ctx: Context<unknown>, caller: Caller | undefined): Pick<AuditEntry, "who" | "from" | "operation" | "requestId"> {
  const { from, operation } = ctx.meta as AuditMeta;
  return {
    who: whoOf(sink, caller, operation !== undefined), ...(ctx.requestID === null || ctx.requestID === undefined ? {} : { requestId: ctx.requestID }),
    ...(typeof from === "string" ? { from } : {}), ...(typeof operation === "string" ? { operation } : {}),
  };
}

/** Records that somebody saw what only some may see, where only the action itself knows that it was such a thing. Nobody waits for it. */
export function noteAccess(ctx: Context<unknown>, caller: Caller | undefined, permission: Permission, target: AuditTarget): void {
  const sink = auditSinkOf(ctx.broker);
  if (sink === undefined || sink === "opening") return;
  sink.note({ type: "access", ...(ctx.action?.name === undefined ? {} : { action: ctx.action.name }), permission, target, result: "ok", ...circumstancesOf(sink, ctx, caller) });
}
