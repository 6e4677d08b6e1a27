/** How videos are watched, at the prompt. */
import { ARGUMENTS } from "../../services/operator/operator.contract.ts";
import type { UsageAnswer, UsageTotals, VideoUsage } from "../../services/insights/insights.contract.ts";
import { formatColumns, plain } from "./columns.ts";
import type { PromptCommand } from "./prompt-command.ts";

const DAYS = { from: "the first day, as in 2027-01-31 (UTC); default: 29 days before the last", to: "the last day; default: today" };
const HEAD = ["views", "viewers", "watched", "to the end"];

export const USAGE_COMMANDS: Readonly<Record<string, PromptCommand>> = {
  usage: {
    argument: { name: "id", ...ARGUMENTS.id }, method: "GET", path: "/v1/videos/:id/usage", action: "insights.video", does: "How a video is watched, by day", options: DAYS, inQuery: true,
    format(answer) {
      const { id, title, from, to, totals, days } = answer as VideoUsage;
      return [plain(`${title ?? id}, ${from} to ${to}`), formatColumns(["day", ...HEAD], [...days.map((one) => [one.day, ...cells(one)]), ["all", ...cells(totals)]])].join("\n");
    },
  },
  watched: {
    method: "GET", path: "/v1/usage", action: "insights.videos", does: "Videos, the most watched first", inQuery: true, waitMs: 60_000,
    options: { ...DAYS, course: "only videos with this label `course`", tenant: "whose; default: the key's own, else `default`" },
    format(answer) {
      const { tenant, course, from, to, totals, videos, more } = answer as UsageAnswer;
      const head = plain(`${tenant}${course === undefined ? "" : `, ${course}`}, ${from} to ${to}`);
      return [head, formatColumns(["video", "title", ...HEAD], [...videos.map((one) => [one.id, plain(one.title ?? "–"), ...cells(one)]), [more === true ? "all, also those that are not named" : "all", "", ...cells(totals)]])].join("\n");
    },
  },
};

function cells({ views, viewers, watchSec, completions }: UsageTotals): string[] {
  return [String(views), String(viewers), `${(watchSec / 3_600).toFixed(1)} h`, String(completions)];
}
