/** What the regions will need, at the prompt. */
import type { CapacityAnswer, Outlook, PlanAnswer } from "../../services/capacity/capacity.contract.ts";
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
    method: "GET", path: "/v1/capacity/plan?factor=:factor", action: "capacity.plan", does: "Transcoders that each region would need with so many times the users",
    format(answer) {
      const { factor, regions, missing } = answer as PlanAnswer;
      return [
        formatColumns(["region", "busiest now", "", `${factor} × users and videos`, "", `${factor} × users`, ""], regions.map(({ region, busiest, grown, sameVideos }) => [
          region, ...[busiest, grown, sameVideos].flatMap(({ slots, transcoders }) => [`${slots.toFixed(1)} slots`, `${transcoders} transcoders`]),
        ])),
        ...(missing.length === 0 ? [] : [plain(`No answer of ${missing.join(", ")}.`)]),
      ].join("\n");
    },
  },
};

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
