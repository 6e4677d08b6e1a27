/**
 * Writes down what is done and seen, on the node that carries it out: for the gateway's callers, an operator at the prompt and
 * other nodes alike. What is audited, and how, is a table; an action that is not in it is not touched.
 */
import type { Context, Middleware, ServiceBroker } from "moleculer";
import { permissionOf } from "../access/actions.ts";
import { auditRowOf, type AuditRow } from "../access/audited-actions.ts";
import { auditSinkOf, circumstancesOf, type AuditEntry, type AuditSink, type AuditTarget } from "../audit-sink.ts";
import { fail, findErrorCode } from "../errors.ts";
import { callerOf } from "./access-guard.ts";

const MAX_TEXT = 200;
/** Ids, names, times, and lists of them. */
const PLAIN = /^[\w.:,+~/ -]*$/;

type Work = () => Promise<unknown>;

/** Stands within the guard: what that refuses never comes here. */
export function auditTrail(): Middleware {
  return {
    name: "AuditTrail",
    /** Before the services stop, all at once: the store is needed for it. */
    async stopping(broker: ServiceBroker) {
      const sink = auditSinkOf(broker);
      if (sink !== undefined && sink !== "opening") await sink.close();
    },
    localAction(next, action) {
      const name = action.name ?? "";
      const row = auditRowOf(name);
      if (row === undefined) return next;
      let isTold = false;
      return async (ctx: Context): Promise<unknown> => {
        const work: Work = () => Reflect.apply(next, ctx.service, [ctx]);
        const sink = auditSinkOf(this);
        if (sink === "opening") throw fail("not_ready", "The audit log is not open yet.");
        if (sink === undefined) {
          if (!isTold) this.logger.warn(`${name} is recorded nowhere: this node runs no audit service.`);
          isTold = true;
          return await work();
        }
        return await recorded(sink, row, { action: name, permission: permissionOf(name), ...targetOf(sink, row.target, ctx.params), ...circumstancesOf(sink, ctx, callerOf(ctx)) }, work);
      };
    },
  };
}

async function recorded(sink: AuditSink, row: AuditRow, about: Omit<AuditEntry, "type">, work: Work): Promise<unknown> {
  if (row.way === "after") {
    if (about.who?.subject === "node") return await work(); // what services see is theirs
    return await ended(work, (end) => sink.note({ type: "access", ...about, ...end }), sink, row);
  }
  const begun = sink.append({ type: "begun", ...about });
  const done = (end: Pick<AuditEntry, "result" | "target">): Promise<void> => sink.append({ type: "done", ...about, ...end, target: { ...about.target, ...end.target }, begun: begun.seq }).durable;
  if (row.way === "ahead") {
    try {
      await begun.durable;
    } catch (error) {
      if (row.evenSo !== true) {
        void done({ result: findErrorCode(error) ?? "storage_unavailable" }).catch(() => undefined);
        throw error;
      }
    }
    const kept: { end?: Promise<void> } = {};
    const answer = await ended(work, (end) => { kept.end = done(end); kept.end.catch(() => undefined); }, sink, row);
    await (row.evenSo === true ? kept.end?.catch(() => undefined) : kept.end);
    return answer;
  }
  begun.durable.catch(() => undefined); // also when the work fails first
  const answer = await ended(work, (end) => void done(end).catch(() => undefined), sink, row);
  await begun.durable;
  return answer;
}

/** Tells how the work ended, and ends as it did. */
async function ended(work: Work, tell: (end: Pick<AuditEntry, "result" | "target">) => void, sink: AuditSink, row: AuditRow): Promise<unknown> {
  let answer: unknown;
  try {
    answer = await work();
  } catch (error) {
    tell({ result: findErrorCode(error) ?? "internal_error" });
    throw error;
  }
  tell({ result: "ok", ...targetOf(sink, row.outcome, answer) });
  return answer;
}

function targetOf(sink: AuditSink, names: Readonly<Record<string, string>> | undefined, values: unknown): { target?: AuditTarget } {
  if (names === undefined || typeof values !== "object" || values === null) return {};
  const given = Object.entries(names).flatMap(([name, called]) => {
    const value: unknown = (values as Readonly<Record<string, unknown>>)[name];
    return value === undefined || value === null ? [] : [[called, plainOf(sink, value)] as const];
  });
  return given.length === 0 ? {} : { target: Object.fromEntries(given) };
}

/** What may hold an address with a password in it, or a person's words, is only told apart, as is a log-in. */
function plainOf(sink: AuditSink, value: unknown): string | number | boolean {
  if (typeof value === "boolean" || Number.isSafeInteger(value)) return value as number | boolean;
  const text = Array.isArray(value) ? value.join(",") : typeof value === "string" ? sink.ofSubject(value) : JSON.stringify(value) ?? "";
  if (typeof value === "string" && text.includes("://")) return originAndPseudonym(sink, text);
  return text.length <= MAX_TEXT && PLAIN.test(text) && (typeof value === "string" || Array.isArray(value)) ? text : sink.ofValue(text);
}

/** Of an address the path may be the secret, as of a chat's webhooks; whose it is says where things go. */
function originAndPseudonym(sink: AuditSink, address: string): string {
  const origin = URL.canParse(address) ? new URL(address).origin : "";
  return /^https?:/.test(origin) && origin.length <= MAX_TEXT && PLAIN.test(origin) ? `${origin} ${sink.ofValue(address)}` : sink.ofValue(address);
}
