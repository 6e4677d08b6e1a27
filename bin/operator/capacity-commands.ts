/** What the regions will need, at the prompt. */
import type { CapacityAnswer, Needs, Outlook, PlanAnswer, RegionPlan } from "../../services/capacity/capacity.contract.ts";
import { formatColumns, plain } from "./columns.ts";
import type { PromptCommand } from "./prompt-command.ts";

const HOUR_MS = 3_600_000;
const SHOWN_HOURS = 6;

export const CAPACITY_COMMANDS: Readonly<Record<string, PromptCommand>> = {
  capacity: {
    method: "GET", path: "/v1/capacity", action: "capacity.list", does: "Transcoders that each region needs now and in the next hours, and why",
    format(answer) {
      const { regions, missing } = answer as CapacityAnswer;
      return [
        ...regions.map(describe),
        ...(missing.length === 0 ? [] : [plain(`No answer of ${missing.join(", ")}.`)]),
        ...(regions.length + missing.length === 0 ? ["No node of the mesh runs capacity (every scheduler has it beside it)."] : []),
      ].join("\n\n");
    },
  },
  "what-if": {
    argument: { name: "factor", pattern: "^\\d{1,5}(\\.\\d{1,3})?$", says: "how many times today's users" },
    method: "GET", path: "/v1/capacity/plan?factor=:factor", action: "capacity.plan", does: "What each region would need with so many times the users: nodes, traffic, stored bytes, money",
    options: { videos: "how many times today's new videos; default: 1" }, inQuery: true,
    format(answer) {
      const { factor, videos = 1, regions, missing } = answer as PlanAnswer;
      return [
        formatColumns(["region", "busiest now", "", `${factor} × users and videos`, "", `${factor} × users`, ""], regions.map(({ region, busiest, grown, sameVideos }) => [
          region, ...[busiest, grown, sameVideos].flatMap(({ slots, transcoders }) => [`${slots.toFixed(1)} slots`, `${transcoders} transcoders`]),
        ])),
        ...regions.flatMap((plan) => describeNeeds(plan, factor, videos)),
        ...(missing.length === 0 ? [] : [plain(`No answer of ${missing.join(", ")}.`)]),
      ].join("\n");
    },
  },
};

/** Of a node of an older version there are none. */
function describeNeeds({ region, needs }: Omit<RegionPlan, "needs"> & Partial<RegionPlan>, users: number, videos: number): string[] {
  if (needs === undefined) return [];
  const { today, planned, stored, currency, assumptions } = needs;
  const money = (costs: Needs["costs"], part: keyof NonNullable<Needs["costs"]>): string => (costs === null ? "" : costs[part] === null ? "not known" : `${costs[part].toFixed(2)} ${currency ?? ""}`.trim());
  const row = (what: string, of: (one: Needs) => string): string[] => [what, of(today), of(planned)];
  const rows = [
    row("transcoders, busiest", (one) => String(one.transcoders)),
    row("gateways, busiest", (one) => shown(one.gateways)),
    row("sent, busiest 5 min", (one) => (one.peakMbps === null ? "not known" : `${one.peakMbps.toFixed(1)} Mbit/s`)),
    row("sent a month", (one) => bytes(one.egressBytes)),
    row("fetched a month", (one) => bytes(one.fetchedBytes)),
    row("stored now", () => bytes(stored?.bytes ?? null)),
    row("stored more a month", (one) => bytes(one.storedGrowthBytes)),
    row("stored in a year", (one) => bytes(one.storedYearBytes)),
    ...(today.costs === null ? [] : (["transcoders", "gateways", "egress", "stored", "fetched", "total"] as const).map((part) => row(`${part}, cost a month`, (one) => money(one.costs, part)))),
  ];
  return ["", formatColumns([region, "today", `${users} × users, ${videos} × new videos`], rows), ...assumptions.map(plain)];
}

const shown = (value: number | null): string => (value === null ? "not known" : String(value));

function bytes(count: number | null): string {
  if (count === null) return "not known";
  const [unit, size] = ([["TB", 1e12], ["GB", 1e9], ["MB", 1e6]] as const).find(([, least]) => count >= least) ?? ["MB", 1e6];
  return `${(count / size).toFixed(1)} ${unit}`;
}

function describe({ region, at, now, desired, why, forecast }: Outlook): string {
  const hours = [...Map.groupBy(forecast.filter((point) => point.at < at + SHOWN_HOURS * HOUR_MS), (point) => point.at - (point.at % HOUR_MS))];
  return [
    plain(`${region}: ${desired} transcoders, ${now.transcoders} take work now. ${why}`),
    formatColumns(["hour (UTC)", "expected slots", "nine of ten below", "transcoders"], hours.map(([hour, points]) => [
      new Date(hour).toISOString().slice(11, 16), ...[(one: (typeof points)[number]) => one.p50, (one: (typeof points)[number]) => one.p90].map((of) => Math.max(...points.map(of)).toFixed(1)),
      String(Math.max(...points.map(({ transcoders }) => transcoders))),
    ])),
  ].join("\n");
}
