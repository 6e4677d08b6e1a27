/** Puts together what is seen of the mesh: loads that nodes tell by themselves, figures that some are asked for each time, and the queues. */
import type { ServiceBroker } from "moleculer";
import { errorMessage } from "../../../config/errors.ts";
import { meshView } from "../../../config/placement/mesh-view.ts";
import type { QueueReport } from "../../scheduler/scheduler.contract.ts";
import type { NodeEntry } from "../list-nodes.ts";
import type { RegionEntry } from "../list-regions.ts";
import type { OverviewAnswer, OverviewEncode, OverviewNode, OverviewQueue, OverviewRegion } from "../overview.contract.ts";
import { openMeshHistory } from "./mesh-history.ts";
import { openNodePolls, type Polled } from "./node-polls.ts";
import { judge } from "./verdict.ts";

const ANSWER_MS = 1_500;
const SHOWN_NODES = 500;
const SHOWN_ENCODES = 60;
const SHOWN_TENANTS = 12;
const MAX_LOST = 500;
/** What is older than this is not waited for any more. */
const LATE_MS = 30_000;

export function openOverview(broker: ServiceBroker, now: () => number = Date.now) {
  const history = openMeshHistory(now);
  const polls = openNodePolls({ history, now, queueOf: (node) => queueOf.get(node) ?? "", ask: (nodeID, since) => broker.call("node.figures", since === undefined ? {} : { since }, { nodeID, timeout: ANSWER_MS, retries: 0 }) });
  /** Of a mesh whose regions have queues of their own: which of them a node tells of. */
  let queueOf: ReadonlyMap<string, string> = new Map();
  /** Nodes that went without a word. */
  const lost = new Set<string>();

  function toNode(entry: NodeEntry): OverviewNode {
    const { id, available } = entry;
    const { report, silent } = meshView(broker).book.look(id);
    const found = available ? polls.find(id) : undefined;
    const state = stateOf({ available, silent, accepting: report?.accepting, found });
    return {
      id, services: servicesOf(entry), state: state === "active" && report === undefined && (found === undefined || now() - found.at > LATE_MS) ? "unknown" : state,
      reasons: available ? found?.standing.reasons.map(({ message }) => message) ?? [] : lost.has(id) ? ["It went without a word."] : [],
      ...(found?.standing.since === undefined ? {} : { since: found.standing.since }),
      ...(found === undefined ? {} : { uptimeSec: found.uptimeSec, loop: found.loop, ageMs: now() - found.at }),
      ...(found?.standing.running === undefined ? {} : { running: found.standing.running }),
      ...(available && report !== undefined ? { cpu: report.ownCpu, machineCpu: report.machineCpu } : {}),
      ...(available && report !== undefined && servicesOf(entry).includes("transcoder") ? { slots: { total: report.slots, play: report.play, background: report.background, waiting: report.waiting } } : {}),
    };
  }

  async function queues(entries: readonly NodeEntry[], regions: readonly RegionEntry[]): Promise<{ queues: OverviewQueue[]; queueFault?: string }> {
    const ask = async (region: string | undefined, own: boolean, nodeID?: string): Promise<OverviewQueue> => {
      const { lanes, tenants } = await broker.call<QueueReport, object>("scheduler.report", {}, { timeout: ANSWER_MS, retries: 0, ...(nodeID === undefined ? {} : { nodeID }) });
      return { ...(region === undefined ? {} : { region }), own, lanes, tenants: tenants.slice(0, SHOWN_TENANTS) };
    };
    const asked = regions.length < 2 ? [ask(undefined, true)] : regions.flatMap(({ name, own }) => {
      if (own === true) return [ask(name, true)];
      const scheduler = entries.find((entry) => entry.available && regionOf(entry) === name && servicesOf(entry).includes("scheduler"));
      return scheduler === undefined ? [] : [ask(name, false, scheduler.id)];
    });
    const answers = await Promise.allSettled(asked);
    const fault = answers.find((answer) => answer.status === "rejected");
    return { queues: answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : [])), ...(fault === undefined ? {} : { queueFault: errorMessage(fault.reason) }) };
  }

  return {
    /** @param unexpected it did not say that it would */
    noteGone(node: string, unexpected: boolean): void {
      if (!unexpected) lost.delete(node);
      else if (lost.size < MAX_LOST) lost.add(node);
    },
    noteThere(node: string): void { lost.delete(node); },

    async look(after = 0): Promise<OverviewAnswer> {
      const all = await broker.call<NodeEntry[]>("$node.list");
      const entries = all.filter((entry) => servicesOf(entry).length > 0).toSorted((a, b) => (a.id < b.id ? -1 : 1)); // an operator's prompt is no node of a region
      const living = entries.filter(({ available }) => available);
      const { book } = meshView(broker);
      const pressing = new Set(living.filter(({ id }) => (book.look(id).report?.accepting === false) === (polls.find(id)?.standing.state === "active")).map(({ id }) => id));
      const regionEntries = await broker.call<RegionEntry[], object>("storage.regions", {}, { timeout: ANSWER_MS, retries: 0 }).catch((): RegionEntry[] => []); // a mesh of one region need not have it
      if (regionEntries.length > 1) queueOf = new Map(living.map((entry) => [entry.id, regionOf(entry)]));
      await polls.round(living.map(({ id }) => id), pressing);
      const nodes = entries.map((entry) => ({ region: regionOf(entry), node: toNode(entry) }));
      const polled = living.flatMap(({ id }) => { const found = polls.find(id); return found === undefined || now() - found.at > LATE_MS ? [] : [{ id, ...found }]; });
      const seen = {
        regions: toRegions(nodes, regionEntries),
        ...await queues(entries, regionEntries),
        encodes: toEncodes(polled), encodeCount: polled.reduce((sum, { encodeCount }) => sum + encodeCount, 0),
        firstPlays: history.firstPlays(), segments: history.segments(),
        asked: { nodes: living.length, answered: polled.length },
      };
      const whole = polls.wholeUntil(living.map(({ id }) => id), LATE_MS); // who looks takes each step once
      return { overview: { at: new Date(now()).toISOString(), verdict: judge(seen), ...seen }, steps: history.steps(after, whole) };
    },
  };
}

export type OverviewSource = ReturnType<typeof openOverview>;

function stateOf({ available, silent, accepting, found }: { available: boolean; silent: boolean; accepting: boolean | undefined; found: Polled | undefined }): OverviewNode["state"] {
  if (!available) return "away";
  if (silent) return "silent";
  if (found === undefined) return accepting === false ? "draining" : "active";
  // What it told by itself is newer than what it was asked: it drains since, or takes work again.
  if (accepting === false && found.standing.state === "active") return "draining";
  return accepting === true && found.standing.state !== "unknown" ? "active" : found.standing.state;
}

function toRegions(nodes: readonly { region: string; node: OverviewNode }[], entries: readonly RegionEntry[]): OverviewRegion[] {
  const names = [...new Set([...entries.map(({ name }) => name), ...nodes.map(({ region }) => region)])].toSorted();
  return names.map((name) => {
    const own = nodes.filter(({ region }) => region === name).map(({ node }) => node);
    const entry = entries.find((one) => one.name === name);
    return {
      name, nodes: own.slice(0, SHOWN_NODES), count: own.filter(({ state }) => state !== "away").length, accepting: own.filter(({ state }) => state === "active" || state === "unknown").length,
      ...(typeof entry?.dark === "boolean" ? { dark: entry.dark } : {}),
      ...(typeof entry?.lagMs === "number" ? { lagMs: entry.lagMs } : {}),
    };
  });
}

function toEncodes(polled: readonly (Polled & { id: string })[]): OverviewEncode[] {
  const all = polled.flatMap(({ id, encodes }) => encodes.map((encode) => ({ ...encode, node: id })));
  return all.toSorted((a, b) => Number(b.lane === "play") - Number(a.lane === "play") || a.since - b.since).slice(0, SHOWN_ENCODES);
}

function servicesOf({ metadata }: NodeEntry): string[] {
  return Array.isArray(metadata?.services) ? metadata.services.filter((name) => typeof name === "string") : [];
}

function regionOf({ metadata }: NodeEntry): string {
  return typeof metadata?.region === "string" ? metadata.region : "";
}
