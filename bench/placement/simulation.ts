/** Plays a workload against a mesh of which only the placement differs. */
import { isBigChange, type LoadReport } from "../../config/placement/load-report.ts";
import { openAgenda, type Agenda } from "./agenda.ts";
import { openCaller, type Caller, type Placing } from "./caller.ts";
import type { Chance } from "./chance.ts";
import { openNodeModel, type NodeModel } from "./node-model.ts";
import { REGIONS, roundTripMs, type Gateway, type Machine } from "./topology.ts";
import { SECONDS, type Asked } from "./workload.ts";

export interface Outcome {
  /** Of each call, from asking to the whole segment. */
  waitsMs: number[];
  /** Segments that were made. */
  calls: number;
  /** Of these, how many went to a node that had the video, and to another region. */
  warm: number;
  abroad: number;
  /** Calls of which the region's other gateway was asked where it would have sent them, and how often it was the same node. */
  compared: number;
  agreed: number;
  /** Standard deviation over mean of the nodes' utilisation in a region, the mean of the regions. */
  spread: number;
}

const REPORT_SEC = 1;
/** As often a node looks whether it has changed much. */
const LOOK_SEC = 0.2;
const PING_SEC = 10;
/** Share of the calls: asking turns the counter of whoever goes round. */
const COMPARED = 0.1;
/** What is still under way then is not counted as done: it waits until here. */
const DRAIN_SEC = 120;

export function simulate(placing: Placing, machines: readonly Machine[], gateways: readonly Gateway[], workload: readonly Asked[], chance: Chance): Outcome {
  const agenda = openAgenda();
  const nodes = new Map(machines.map((machine) => [machine.id, openNodeModel(machine, agenda)]));
  const callers = gateways.map((gateway) => openCaller(gateway, machines, placing, () => agenda.now * 1000, chance.next));
  for (const node of nodes.values()) tell(node, callers, agenda, chance);
  for (const asked of workload) agenda.plan(asked.at, () => ask(asked));
  const outcome: Outcome = { waitsMs: [], calls: 0, warm: 0, abroad: 0, compared: 0, agreed: 0, spread: 0 };
  const made = new Set<string>();
  /** When those who wait for it began to. */
  const underWay = new Map<string, number[]>();

  function ask(asked: Asked): void {
    const { region, gateway, videoId, rendition, segment } = asked;
    const key = `${region}/${videoId}/${rendition}/${segment}`; // a region's stores are its own
    const caller = callers.filter((one) => one.gateway.region === region)[gateway];
    if (made.has(key) || caller === undefined) return;
    const joined = underWay.get(key);
    if (joined !== undefined) {
      joined.push(agenda.now);
      return;
    }
    const nodeId = caller.place(asked);
    const node = nodes.get(nodeId);
    if (node === undefined) throw new Error(`there is no ${nodeId}`);
    outcome.calls++;
    if (chance.next() < COMPARED) {
      outcome.compared++;
      if (callers.every((other) => other.gateway.region !== region || other === caller || other.place(asked) === nodeId)) outcome.agreed++;
    }
    const waits = [agenda.now];
    underWay.set(key, waits);
    const away = roundTripMs(region, node.machine.region) / 1000;
    const settled = caller.view.book.begin(nodeId);
    if (node.machine.region !== region) outcome.abroad++;
    agenda.plan(away / 2, () => {
      const warm = node.make(asked, () => agenda.plan(away / 2, () => {
        settled();
        made.add(key);
        underWay.delete(key);
        for (const began of waits) outcome.waitsMs.push((agenda.now - began) * 1000);
      }));
      if (warm) outcome.warm++;
    });
  }

  agenda.run(SECONDS + DRAIN_SEC);
  for (const waits of underWay.values()) for (const began of waits) outcome.waitsMs.push((agenda.now - began) * 1000);
  outcome.spread = spreadOf([...nodes.values()]);
  return outcome;
}

/** A node's reports on their way to the callers, and the callers' pings on theirs. */
function tell(node: NodeModel, callers: readonly Caller[], agenda: Agenda, chance: Chance): void {
  const { id, region } = node.machine;
  let told: { at: number; report: LoadReport } | undefined;
  const look = (): void => {
    const report = node.report();
    if (told === undefined || agenda.now - told.at >= REPORT_SEC || isBigChange(told.report, report)) {
      told = { at: agenda.now, report };
      for (const caller of callers) agenda.plan(roundTripMs(region, caller.gateway.region) / 2000, () => caller.heardReport(id, report));
    }
    if (agenda.now < SECONDS) agenda.plan(LOOK_SEC, look);
  };
  const ping = (): void => {
    for (const caller of callers) {
      const took = roundTripMs(region, caller.gateway.region) * (1 + 0.2 * chance.next());
      agenda.plan(took / 1000, () => caller.heardPong(id, Math.round(took)));
    }
    if (agenda.now < SECONDS) agenda.plan(PING_SEC, ping);
  };
  agenda.plan(chance.next() * REPORT_SEC, look);
  agenda.plan(0, ping);
}

function spreadOf(nodes: readonly NodeModel[]): number {
  const spreads = REGIONS.map((region) => {
    const shares = nodes.filter(({ machine }) => machine.region === region).map((node) => { const { busySec, freeSec } = node.use(); return busySec / freeSec; });
    const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
    return mean === 0 ? 0 : Math.sqrt(shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / shares.length) / mean;
  });
  return spreads.reduce((sum, spread) => sum + spread, 0) / spreads.length;
}
