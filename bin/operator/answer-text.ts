/** How the answer of each command looks to people. */
import type { AnyAnswer, Answers, CommandName, Job, NodeRow, NodeStanding, WhyPartName } from "../../services/operator/operator.contract.ts";
import { traceText } from "./trace-text.ts";
import { formatColumns, formatMs, plain } from "./columns.ts";

type Formats = { [Name in CommandName]: (answer: Answers[Name]) => string };

const NONE = "–";

const FORMATS: Formats = {
  nodes: ({ nodes }) => formatColumns(["node", "region", "state", "cpu", "slots", "up", "protocol", "services", "why"], nodes.map((node) => [
    node.id, node.region ?? NONE, node.state, node.cpuPercent === null ? NONE : `${Math.round(node.cpuPercent)} %`, slotsOf(node),
    node.uptimeSec === undefined ? NONE : formatMs(node.uptimeSec * 1000), String(node.versions.protocol ?? NONE), node.services.join(",") || NONE, whyNot(node),
  ])),
  regions: ({ regions }) => (regions.length === 0 ? "No node says where it runs." : formatColumns(["region", "nodes", "take work", "own", "dark", "latency", "lag", "url"], regions.map((region) => [
    region.name, String(region.nodes), String(region.accepting), mark(region.own), mark(region.dark),
    region.latencyMs === undefined ? NONE : formatMs(region.latencyMs), region.lagMs === undefined ? NONE : formatMs(region.lagMs), region.url ?? NONE,
  ]))),
  queue: ({ lanes, tenants, totals, paceMs }) => [
    formatColumns(["lane", "waiting", "active", "set aside", "oldest", ""], Object.entries(lanes).map(([lane, { waiting, active, failed, paused, oldestMs }]) => [
      lane, String(waiting), String(active), String(failed), oldestMs === undefined ? NONE : formatMs(oldestMs), paused ? "paused" : "",
    ])),
    tenants.length === 0 ? "Nobody's work waits." : formatColumns(["tenant", "waiting", "running", "cost"], tenants.map(({ tenant, waiting, running, cost }) => [tenant, String(waiting), String(running), cost.toFixed(1)])),
    [paceMs === undefined ? "Pace: nothing was made yet." : `Pace: ${formatMs(paceMs)} a unit of cost.`, ...Object.entries(totals).map(([what, count]) => `${what} ${count}`)].join("  "),
  ].join("\n\n"),
  dead: ({ total, jobs }) => (jobs.length === 0 ? "Nothing is set aside." : [
    formatColumns(["video", "lane", "what", "attempts", "lost", "why"], jobs.map((job) => [job.group, job.lane, whatOf(job), String(job.attempts), String(job.stalls), reasonOf(job)])),
    ...(total > jobs.length ? [`and ${total - jobs.length} older`] : []),
  ].join("\n")),
  video: ({ id, status, progress, reasons = [], counts, jobs }) => [
    `${id}  ${status}${progress === undefined ? "" : `  ${progress.storedSegments} of ${progress.plannedSegments} segments${progress.etaSec === undefined ? "" : `, about ${formatMs(progress.etaSec * 1000)} left`}`}`,
    ...reasons.map(({ message }) => plain(message)),
    jobs.length === 0 ? "The queue has no work of it." : formatColumns(["state", "lane", "what", "attempts", "lost", "runs on", "done", "why"], jobs.map((job) => [
      job.state, job.lane, whatOf(job), String(job.attempts), String(job.stalls), job.runners.map(({ owner }) => owner).join(", ") || NONE,
      job.runners.map(({ progress: done }) => `${Math.round(done * 100)} %`).join(", ") || NONE, reasonOf(job),
    ])),
    ...(sum(counts) > jobs.length ? [`and ${sum(counts) - jobs.length} more that wait`] : []),
  ].join("\n"),
  why: ({ id, status, totalMs, sentence, steps, parts, queue }) => [
    `${id}  ${status}  ${formatMs(totalMs)}`,
    plain(sentence),
    formatColumns(["at", "since start", "after", "step"], steps.map(({ name, at, sinceStartMs, afterMs }) => [at, formatMs(sinceStartMs), formatMs(afterMs), name])),
    ...(parts.length === 0 ? [] : [formatColumns(["time", "share", "spent"], parts.map(({ name, ms, share }) => [formatMs(ms), `${Math.round(share * 100)} %`, PARTS[name]]))]),
    ...(queue === undefined ? [] : [
      `In the queue: lane ${queue.lane}${queue.paused ? " (paused)" : ""}, ${queue.waiting} waiting, ${queue.active} active, ${queue.completed} done; ${queue.taken} attempts, ${queue.failures} failed, ${queue.stalls} lost with their nodes.`,
      ...(queue.nodes.length === 0 ? [] : [formatColumns(["worked", "node"], queue.nodes.map(({ node, ms }) => [formatMs(ms), node]))]),
    ]),
  ].join("\n\n"),
  trace: traceText,
  retry: ({ id, status }) => `${id} is ${status}: it is tried again.`,
  cancel: ({ id, status }) => `${id} is ${status}: its work has ended.`,
  drain: ({ id, ...standing }) => `${plain(id)} is ${standingText(standing)}`,
  undrain: ({ id, ...standing }) => `${plain(id)} is ${standingText(standing)}`,
  pause: ({ lane, waiting, active }) => `Lane ${lane} is paused: ${waiting} wait, ${active} go on.`,
  resume: ({ lane, waiting, active }) => `Lane ${lane} goes on: ${waiting} wait, ${active} run.`,
};

const PARTS: Readonly<Record<WhyPartName, string>> = {
  validating: "looking at the source", planning: "planning", waiting: "waiting in the queue", making: "being made", delayed: "pausing between attempts",
  other: "with nothing for it in the queue", unknown: "unknown to the queue",
};

/** @param answer as the command answers it */
export function formatAnswer(name: CommandName, answer: AnyAnswer): string {
  return (FORMATS[name] as (answer: AnyAnswer) => string)(answer);
}

const mark = (value: boolean | undefined): string => (value === undefined ? NONE : value ? "yes" : "no");
const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((total, n) => total + n, 0);
const whatOf = ({ data: { renditions, first, last } }: Job): string => `${renditions.join("+")} ${first}${last === first ? "" : `-${last}`}`;
const reasonOf = ({ message, code }: Job): string => [code, message].filter((part) => part !== undefined && part !== "").join(": ");

function slotsOf({ slots }: NodeRow): string {
  return slots === undefined ? NONE : `${slots.play + slots.background}/${slots.total}${slots.waiting > 0 ? ` (+${slots.waiting})` : ""}`;
}

function whyNot({ reasons }: NodeStanding): string {
  return reasons.map(({ message }) => message).join(" ");
}

function standingText({ state, reasons, running = {} }: NodeStanding): string {
  const rest = Object.entries(running).map(([kind, count]) => `${count} ${kind}`).join(", ");
  return plain(`${state}${reasons.length === 0 ? "." : `: ${reasons.map(({ message }) => message).join(" ")}`}${rest === "" ? "" : ` It still has ${rest}.`}`);
}
