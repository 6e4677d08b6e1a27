/** Pure: whether learners wait, and why, from what is seen of the mesh. */
import type { Cause, Overview, OverviewNode, OverviewQueue, OverviewRegion, Verdict } from "../overview.contract.ts";

export type Seen = Omit<Overview, "verdict" | "at">;

/** Beyond this a player stands still; beyond the first it may soon. */
const SLOW_MS = 1_500;
const WAITING_MS = 4_000;
const SLOW_FIRST_PLAY_MS = 3_000;
/** Of fewer answers nothing is concluded. */
const FEW = 5;
const MANY_FAULTS = 0.05;
/** Of the segments asked for in the same time. */
const MANY_STALLS = 0.03;

export function judge(seen: Seen): Verdict {
  const causes = [...noNodes(seen), ...slowSegments(seen), ...seen.queues.flatMap((queue) => queueCauses(queue, seen)), ...seen.regions.flatMap(regionCauses), ...nodeCauses(seen), ...unseen(seen)]
    .toSorted((a, b) => Number(b.level === "bad") - Number(a.level === "bad"));
  const [worst] = causes;
  if (worst === undefined) return { level: "good", sentence: calm(seen), causes };
  return { level: worst.level, sentence: `${worst.level === "bad" ? "Yes" : "Not yet"}: ${lowerFirst(worst.message)}`, causes };
}

function calm({ segments, regions }: Seen): string {
  const nodes = regions.reduce((sum, { accepting }) => sum + accepting, 0);
  const there = `${count(nodes, "node")} ${nodes === 1 ? "takes" : "take"} work`;
  if (segments.count === 0 || segments.p95Ms === undefined) return `No. Nobody asked for anything in the last minute; ${there}.`;
  return `No. 95 of 100 segments of the last minute were there within ${formatMs(segments.p95Ms)}; ${there}.`;
}

function noNodes({ regions }: Seen): Cause[] {
  if (regions.some(({ accepting }) => accepting > 0)) return [];
  return [{ level: "bad", code: "no_nodes", message: "No node takes work.", hint: "Start one, or undrain one." }];
}

function slowSegments({ segments: { count: asked, faults, stalls, p95Ms }, firstPlays }: Seen): Cause[] {
  const causes: Cause[] = [];
  if (asked >= FEW && faults / asked >= MANY_FAULTS) causes.push({ level: "bad", code: "segment_faults", message: `${faults} of ${asked} segments of the last minute failed.`, hint: "Look at the recent errors." });
  if (asked >= FEW && p95Ms !== undefined && (p95Ms < 0 || p95Ms > SLOW_MS)) {
    causes.push({ level: p95Ms < 0 || p95Ms > WAITING_MS ? "bad" : "warning", code: "slow_segments", message: `One in twenty segments takes ${p95Ms < 0 ? "over 8 s" : `over ${formatMs(p95Ms)}`}.`, hint: "More transcoders, or fewer cold videos at once, help." });
  }
  if (stalls >= FEW && stalls >= MANY_STALLS * asked) causes.push({ level: "bad", code: "stalls", message: `Players stood still ${stalls} times in the last minute, as they report it.`, hint: "Where segments are quick, the lines to the viewers are not." });
  if (firstPlays.count >= FEW && firstPlays.p95Ms !== undefined && (firstPlays.p95Ms < 0 || firstPlays.p95Ms > SLOW_FIRST_PLAY_MS)) {
    causes.push({ level: "warning", code: "slow_first_plays", message: `One in twenty learners waited over ${firstPlays.p95Ms < 0 ? "30 s" : formatMs(firstPlays.p95Ms)} for a video's first segment.`, hint: "Too few slots for viewers, or slow sources, are the usual reasons: see a video's time line." });
  }
  return causes;
}

function queueCauses(queue: OverviewQueue, seen: Seen): Cause[] {
  const { region, lanes: { play, ...background } } = queue;
  const where = region === undefined ? "" : ` in ${region}`;
  const causes: Cause[] = [];
  const oldestMs = play.oldestMs ?? 0;
  if (play.paused) causes.push({ level: play.waiting > 0 ? "bad" : "warning", code: "play_paused", message: `Lane play is paused${where}${play.waiting > 0 ? `, and ${count(play.waiting, "chunk")} for viewers ${play.waiting === 1 ? "waits" : "wait"}` : ""}.`, hint: "Resume it." });
  else if (oldestMs > SLOW_MS) causes.push({ level: oldestMs > WAITING_MS ? "bad" : "warning", code: "play_waits", message: `Lane play waits ${formatMs(oldestMs)}${where}${reasonOf(seen, region)}.`, hint: "More transcoders help, or pausing lane bulk." });
  if (play.failed > 0) causes.push({ level: "warning", code: "play_dead", message: `${count(play.failed, "chunk")} for viewers ${play.failed === 1 ? "was" : "were"} set aside${where}.`, hint: "See the work that was set aside." });
  for (const [lane, { paused, waiting }] of Object.entries(background)) {
    if (paused) causes.push({ level: "warning", code: "lane_paused", message: `Lane ${lane} is paused${where}${waiting > 0 ? `: ${count(waiting, "chunk")} ${waiting === 1 ? "waits" : "wait"}` : ""}.`, hint: "Resume it when what it was paused for is over." });
  }
  return causes;
}

/** Why viewers' work waits, as far as it can be seen. */
function reasonOf({ regions }: Seen, region: string | undefined): string {
  const nodes = regions.filter(({ name }) => region === undefined || name === region).flatMap((one) => one.nodes).filter(({ slots, services }) => slots !== undefined || services.includes("transcoder"));
  const working = nodes.filter(({ state }) => state === "active");
  if (working.length === 0) return nodes.length === 0 ? ": no node transcodes" : ": no transcoder takes work";
  const [total, busy] = [sum(working, ({ slots }) => slots?.total), sum(working, ({ slots }) => slots?.play)];
  return total > 0 && busy >= total ? ", all slots busy" : "";
}

function regionCauses({ name, accepting, count: nodes, dark, nodes: shown }: OverviewRegion): Cause[] {
  const label = name === "" ? "the mesh" : name;
  if (dark === true) return [{ level: "warning", code: "region_dark", message: `Region ${label} is dark: its viewers are served from elsewhere.` }];
  const isGone = nodes > 0 && accepting === 0 && shown.some(({ state }) => state !== "away");
  return isGone && name !== "" ? [{ level: "warning", code: "region_closed", message: `No node of ${label} takes work: its viewers are served from elsewhere.` }] : [];
}

const FAULTS: Partial<Record<OverviewNode["state"], string>> = { quarantined: "is in quarantine", silent: "does not answer", away: "is gone: the mesh does not hear of it any more" };

function nodeCauses({ regions }: Seen): Cause[] {
  const faulty = regions.flatMap(({ nodes }) => nodes).filter(({ state, reasons }) => FAULTS[state] !== undefined && !(state === "away" && reasons.length === 0));
  const [first] = faulty;
  if (first === undefined) return [];
  const others = faulty.length - 1;
  const why = first.state === "quarantined" && first.reasons[0] !== undefined ? `: ${first.reasons[0]}` : ".";
  return [{ level: "warning", code: `node_${first.state}`, message: `Node ${first.id} ${FAULTS[first.state]}${others > 0 ? `, and ${count(others, "other")} ${others === 1 ? "is" : "are"} not well either.` : why}` }];
}

function unseen({ queueFault }: Seen): Cause[] {
  return queueFault === undefined ? [] : [{ level: "warning", code: "queue_unseen", message: `What waits cannot be seen: ${queueFault}`, hint: "While Redis is away playback goes on, and work waits." }];
}

const sum = (nodes: readonly OverviewNode[], of: (node: OverviewNode) => number | undefined): number => nodes.reduce((total, node) => total + (of(node) ?? 0), 0);
const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? "" : "s"}`;
const formatMs = (ms: number): string => (ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(ms < 9_950 ? 1 : 0).replace(/\.0$/, "")} s`);
/** A name stays as it is: only words that begin a sentence in capitals are written small. */
const lowerFirst = (text: string): string => text.replace(/^(Lane|No|One|Node|Players|Region|What) /, (word) => word.toLowerCase());
