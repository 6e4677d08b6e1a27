/** Pure: groups of errors as Alertmanager's v2 API takes alerts. The same group is the same alert, whichever node posts it. */
import type { ErrorView } from "./errors.contract.ts";

/** https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml: postableAlert. Times are RFC 3339. */
export interface Alert { labels: Record<string, string>; annotations: Record<string, string>; startsAt: string; endsAt: string; generatorURL?: string }

/** What was not seen for so long is told no more, and ends by itself. */
const RECENT_MS = 3_600_000;
/** How long it is told that one was resolved. */
const ENDED_MS = 600_000;
/** An alert that is told no more ends then: some rounds may fail. */
const LASTS_MS = 300_000;
/** As the alerts that come with Lectern have it: what wakes somebody, and what waits for the morning. */
const URGENCY: Readonly<Record<ErrorView["severity"], string>> = { critical: "page", error: "ticket", warning: "ticket" };

/** @param base of the gateway's address, when it is known */
export function alertsOf(views: readonly ErrorView[], region: string, nowMs: number, base: string | undefined): Alert[] {
  return views.flatMap((view) => {
    const end = endOf(view, nowMs);
    return end === undefined ? [] : [alertOf(view, region, end, base)];
  });
}

/** ms since 1970; undefined: there is nothing to tell. */
function endOf({ state, lastSeen, changedAt }: ErrorView, nowMs: number): number | undefined {
  if (state === "open" || state === "regressed") return nowMs - Date.parse(lastSeen) < RECENT_MS ? nowMs + LASTS_MS : undefined;
  const changed = changedAt === undefined ? -Infinity : Date.parse(changedAt);
  return nowMs - changed < ENDED_MS ? changed : undefined;
}

function alertOf(view: ErrorView, region: string, endMs: number, base: string | undefined): Alert {
  const { id, code, service, action, severity, state, message, count, lastHour, firstSeen, nodes, videos } = view;
  const startMs = Math.min(Date.parse(firstSeen), endMs); // it must not end before it starts
  return {
    labels: { alertname: "LecternError", code, service, severity: URGENCY[severity], region, error: id },
    annotations: {
      summary: `${action} fails: ${message}`,
      description: `${count} times since ${firstSeen}, ${lastHour} within an hour; ${state}. Nodes: ${nodes.join(", ")}.${videos.length === 0 ? "" : ` Videos: ${videos.slice(0, 5).join(", ")}.`} npm run ctl -- error ${id}`,
    },
    startsAt: new Date(startMs).toISOString(), endsAt: new Date(endMs).toISOString(),
    ...(base === undefined ? {} : { generatorURL: `${base}/v1/errors/${id}` }),
  };
}
