/** A group as Redis has it, read as a stranger's. */
import { ERROR_STATES, SEVERITIES, type ErrorSummary, type ErrorView } from "./errors.contract.ts";

type Fields = Readonly<Record<string, string>>;
interface Slot { at: string; count: number }

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** Undefined: there is no such group. @param nowMs since 1970 */
export function parseGroup(id: string, fields: Fields, nowMs: number): ErrorView | undefined {
  const state = ERROR_STATES.find((one) => one === fields["state"]);
  const severity = SEVERITIES.find((one) => one === fields["severity"]);
  const [first, last] = [timeOf(fields["first"]), timeOf(fields["last"])];
  if (state === undefined || severity === undefined || first === undefined || last === undefined) return undefined;
  const perMinute = ring(fields, "m", 60, MINUTE_MS, nowMs);
  const perHour = ring(fields, "h", 24, HOUR_MS, nowMs);
  const text = (name: string): string => fields[name] ?? "";
  const [changedAt, request] = [timeOf(fields["changed"]), text("request")];
  return {
    id, state, severity, code: text("code"), service: text("service"), action: text("action"), message: text("message"),
    count: Number(fields["count"] ?? 0), lastHour: total(perMinute), lastDay: total(perHour), firstSeen: first, lastSeen: last,
    perMinute, perHour, nodes: listOf(fields["nodes"]), regions: listOf(fields["regions"]).filter((name) => name !== ""), versions: listOf(fields["versions"]), videos: listOf(fields["videos"]),
    sample: { message: text("message"), stack: listOf(fields["stack"]), node: text("node"), ...(request === "" ? {} : { requestId: request }) },
    ...(changedAt === undefined ? {} : { changedAt }),
  };
}

/** The same without what a list does not show. */
export function summaryOf({ id, state, severity, code, service, action, message, count, lastHour, lastDay, firstSeen, lastSeen }: ErrorView): ErrorSummary {
  return { id, state, severity, code, service, action, message, count, lastHour, lastDay, firstSeen, lastSeen };
}

function ring(fields: Fields, name: string, size: number, slotMs: number, nowMs: number): Slot[] {
  const now = Math.floor(nowMs / slotMs);
  return Array.from({ length: size }, (_, index) => {
    const slot = now - size + 1 + index;
    const [of, count] = (fields[`${name}${slot % size}`] ?? "").split(":");
    return { at: new Date(slot * slotMs).toISOString(), count: Number(of) === slot ? Number(count) : 0 };
  });
}

const total = (slots: readonly Slot[]): number => slots.reduce((sum, { count }) => sum + count, 0);

function timeOf(ms: string | undefined): string | undefined {
  return ms === undefined || !/^\d{1,15}$/.test(ms) ? undefined : new Date(Number(ms)).toISOString();
}

function listOf(json: string | undefined): string[] {
  const value: unknown = json === undefined ? [] : JSON.parse(json);
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : []; // Lua's empty list is an object
}
