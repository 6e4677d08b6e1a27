/** What fails in the region at the prompt: groups of errors, and an operator's word about one. */
import { ERROR_STATES, GROUP_ID, type ErrorStep, type ErrorStepName, type ErrorView, type ListErrorsResult } from "../../services/errors/errors.contract.ts";
import { formatColumns, plain } from "./columns.ts";
import type { PromptArgument, PromptCommand } from "./prompt-command.ts";

const ERROR: PromptArgument = { name: "id", pattern: GROUP_ID, says: "an error's id, as `errors` shows it" };
const MAX_WIDTH = 100;
const DOES: Readonly<Record<ErrorStepName, string>> = { resolve: "Say that an error is over; seen again, it is news", mute: "Hear no more of an error", reopen: "Take back what was said of an error" };

const steps = Object.entries(DOES).map(([step, does]): [string, PromptCommand] => [step, {
  argument: ERROR, method: "POST", path: `/v1/errors/:id/${step}`, action: `errors.${step}`, does,
  format(answer) {
    const { id, state } = answer as ErrorStep;
    return plain(`${id} is ${state}.`);
  },
}]);

export const ERROR_COMMANDS: Readonly<Record<string, PromptCommand>> = {
  errors: {
    method: "GET", path: "/v1/errors", action: "errors.list", does: "What fails in the region, the same things as one, the last seen first", inQuery: true,
    options: { state: ERROR_STATES.join(", "), code: "as in encode_failed", service: "where it began", video: "an affected video's id", cursor: "what the page before ended with" },
    format(answer) {
      const { errors, next } = answer as ListErrorsResult;
      return errors.length === 0 ? "Nothing has failed, as far as is known." : [
        formatColumns(["id", "state", "severity", "hour", "day", "all", "last seen", "where", "what"], errors.map((one) => [one.id, one.state, one.severity, String(one.lastHour), String(one.lastDay), String(one.count), timeOf(one.lastSeen), one.action, shorten(one.message)])),
        ...(next === undefined ? [] : [`More: errors --cursor ${plain(next)}`]),
      ].join("\n");
    },
  },
  error: {
    argument: ERROR, method: "GET", path: "/v1/errors/:id", action: "errors.get", does: "One of them: when, where, which videos, and how it looked",
    format(answer) {
      const { id, state, severity, action, count, lastHour, lastDay, firstSeen, lastSeen, nodes, regions, versions, videos, sample, perHour } = answer as ErrorView;
      return [
        plain(`${id}  ${state}  ${severity}  ${action}`),
        plain(sample.message),
        plain(`${count} in all, ${lastDay} in a day, ${lastHour} in an hour; first ${timeOf(firstSeen)}, last ${timeOf(lastSeen)}`),
        plain(`Nodes: ${nodes.join(", ")}${regions.length === 0 ? "" : `; regions: ${regions.join(", ")}`}; versions: ${versions.join(", ")}; request ${sample.requestId ?? "unknown"}`),
        ...(videos.length === 0 ? [] : [plain(`Videos: ${videos.join(", ")}`)]),
        ...(sample.stack.length === 0 ? [] : [sample.stack.map((frame) => plain(`  at ${frame}`)).join("\n")]),
        formatColumns(["hour", "times"], perHour.filter((slot) => slot.count > 0).map((slot) => [timeOf(slot.at), String(slot.count)])),
      ].join("\n");
    },
  },
  ...Object.fromEntries(steps),
};

const timeOf = (iso: string): string => iso.slice(0, 16).replace("T", " ");
const shorten = (text: string): string => (text.length > MAX_WIDTH ? `${text.slice(0, MAX_WIDTH - 1)}…` : text);
