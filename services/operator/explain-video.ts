/** Pure: where a video's time went, from its own moments and from what the queue did for it. */
import type { GroupStory, QueueCounts } from "../../mixins/work-queue/work-queue.contract.ts";
import { MOMENTS, type Moment, type VideoHistory } from "../videos/videos.contract.ts";
import type { Why, WhyPart, WhyPartName, WhyStep } from "./operator.contract.ts";

export interface Told {
  history: VideoHistory;
  /** Null when the queue knows nothing of its work. */
  story: GroupStory | null;
  /** The lanes now; undefined when the queue does not answer. */
  lanes: QueueCounts | undefined;
  nowMs: number;
}

const STEP_NAMES: Readonly<Record<Moment, string>> = {
  submitted: "submitted", validated: "validated", planned: "planned: it plays from here", asked: "first segment asked for", watched: "first segment given to a viewer",
  stored: "first segment stored", complete: "complete", rejected: "rejected", failed: "failed", reopened: "opened once more",
};

export function explainVideo({ history, story, lanes, nowMs }: Told): Why {
  const { id, status, createdAt, endedAt } = history;
  const moments = momentsOf(history, story);
  const isRejected = status === "rejected";
  const startMs = Date.parse(createdAt);
  const endMs = isRejected ? moments.rejected ?? nowMs : endedAt === undefined ? nowMs : Date.parse(endedAt);
  const totalMs = Math.max(0, endMs - startMs);
  const parts = shareOut(partsOf(moments, story, startMs, endMs), totalMs);
  return {
    id, status, totalMs, parts, steps: stepsOf(moments, startMs),
    sentence: sentenceOf({ history, story, lanes, nowMs }, parts[0]),
    ...(story === null ? {} : { queue: {
      lane: story.lane, ahead: story.ahead, paused: lanes?.[story.lane].paused ?? false, waiting: story.now.waiting + story.now.delayed, active: story.now.active,
      taken: story.taken, completed: story.completed, failures: story.failures, stalls: story.stalls, nodes: story.spent.map(({ owner, ms }) => ({ node: owner, ms })),
    } }),
  };
}

/** What Redis has lost is taken from the objects that the video is made of, and from the queue. */
function momentsOf({ createdAt, judgedAt, endedAt, status, moments }: VideoHistory, story: GroupStory | null): Partial<Record<Moment, number>> {
  const judged = judgedAt === undefined ? undefined : { [status === "rejected" ? "rejected" : "validated"]: Date.parse(judgedAt) };
  const ended = endedAt === undefined ? undefined : { [status === "complete" ? "complete" : "failed"]: Date.parse(endedAt) };
  return { ...(story === null ? {} : { planned: story.queuedAt }), ...moments, submitted: Date.parse(createdAt), ...judged, ...ended };
}

function stepsOf(moments: Partial<Record<Moment, number>>, startMs: number): WhyStep[] {
  const reached = MOMENTS.flatMap((moment) => (moments[moment] === undefined ? [] : [{ moment, at: moments[moment] }])).toSorted((a, b) => a.at - b.at);
  return reached.map(({ moment, at }, index) => ({
    name: STEP_NAMES[moment], at: new Date(at).toISOString(), sinceStartMs: Math.max(0, at - startMs), afterMs: Math.max(0, at - (reached[index - 1]?.at ?? at)),
  }));
}

type Amounts = Partial<Record<WhyPartName, number>>;

function partsOf({ validated, planned }: Partial<Record<Moment, number>>, story: GroupStory | null, startMs: number, endMs: number): Amounts {
  if (validated === undefined) return { validating: endMs - startMs };
  if (planned === undefined) return { validating: validated - startMs, planning: endMs - validated };
  const early = { validating: validated - startMs, planning: planned - validated };
  const rest = endMs - planned;
  if (story === null || story.queuedAt >= endMs) return { ...early, unknown: rest };
  const { waitingMs, activeMs, delayedMs } = story;
  // What came after its end, as older versions noted it, is no part of it.
  const share = Math.min(1, Math.max(0, rest) / Math.max(1, waitingMs + activeMs + delayedMs));
  const [waiting, making, delayed] = [waitingMs * share, activeMs * share, delayedMs * share];
  return { ...early, waiting, making, delayed, other: rest - waiting - making - delayed };
}

/** The clocks of nodes differ a little, so parts are fitted to the whole; the largest comes first. */
function shareOut(amounts: Amounts, totalMs: number): WhyPart[] {
  const parts = Object.entries(amounts).map(([name, ms]) => ({ name: name as WhyPartName, ms: Math.max(0, ms) }));
  const sum = parts.reduce((total, { ms }) => total + ms, 0);
  if (sum === 0) return [];
  return parts.map(({ name, ms }) => ({ name, ms: Math.round((ms / sum) * totalMs), share: ms / sum })).filter(({ ms }) => ms > 0).toSorted((a, b) => b.ms - a.ms);
}

function sentenceOf({ history, story, lanes }: Told, longest: WhyPart | undefined): string {
  const reason = history.reasons?.[0];
  const end = reason === undefined || history.status === "complete" ? "" : ` It is ${history.status}: ${reason.message}`;
  if (longest === undefined) return `Nothing of it has taken any time.${end}`;
  return `${Math.round(longest.share * 100)} % ${describe(longest.name, story, lanes)}.${end}`;
}

function describe(part: WhyPartName, story: GroupStory | null, lanes: QueueCounts | undefined): string {
  switch (part) {
    case "validating": return "looking at the source";
    case "planning": return "between the verdict and the plan";
    case "waiting": return `waiting in lane ${story?.lane} behind ${story?.ahead} ${story?.ahead === 1 ? "chunk" : "chunks"}${story !== null && story.now.waiting > 0 && lanes?.[story.lane].paused === true ? "; the lane is paused" : ""}`;
    case "making": return `being made${nodesOf(story)}`;
    case "delayed": return `pausing between attempts: ${story?.failures} failed, ${story?.stalls} were lost with their nodes`;
    case "other": return "after its plan with nothing for it in the queue: viewers' segments, its end being noticed, or work that was lost with Redis and queued anew";
    case "unknown": return "after its plan, of which the queue knows nothing: its policy wants nothing in the background, or Redis has lost it";
    default: return part satisfies never;
  }
}

function nodesOf(story: GroupStory | null): string {
  const names = story?.spent.map(({ owner }) => owner) ?? [];
  if (names.length === 0) return "";
  return ` on ${names.slice(0, 3).join(", ")}${names.length > 3 ? ` and ${names.length - 3} more` : ""}`;
}
