/** Sets the stage for each group of scenarios that want the same settings, and takes it down whatever happens. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { errorMessage } from "../../config/errors.ts";
import { makeTempDir, removeDir } from "../../test/support/processes.ts";
import { seededRandom } from "../../test/support/simulation/random.ts";
import { seesHealthy, until } from "./client.ts";
import { cutScenario } from "./cut.ts";
import { darkRegion } from "./dark.ts";
import { openDelayLine, type DelayLine } from "./delay-line.ts";
import { farApart } from "./far-apart.ts";
import { openNamespaces, type Places } from "./namespaces.ts";
import { startRegions } from "./region.ts";
import { openSources, type Sources } from "./sources.ts";
import type { Findings, Scenario, Stage } from "./stage.ts";

export interface RegionsOptions { names: readonly string[]; rttMs: number; seed: number; only: readonly string[]; log(line: string): void }
export interface ScenarioReport extends Findings { name: string; seconds: number }

const MEET_MS = 60_000;

type Way = readonly [string, string];
const both = (a: { name: string }, b: { name: string }): Way[] => [[a.name, b.name], [b.name, a.name]];

/** In the order in which they run. `file`: more lines of the regions' file. */
const GROUPS: readonly { file: string; scenarios: Readonly<Record<string, Scenario>> }[] = [
  { file: "", scenarios: {
    "far-apart": farApart,
    "cut-both": cutScenario({ ways: both, whenAway: "accept" }),
    "cut-there": cutScenario({ ways: (a, b) => both(a, b).slice(0, 1), whenAway: "accept" }),
    "cut-back": cutScenario({ ways: (a, b) => both(a, b).slice(1), whenAway: "accept" }),
    "dark": darkRegion,
  } },
  { file: "whenAway: refuse", scenarios: { "cut-refuse": cutScenario({ ways: both, whenAway: "refuse" }) } },
];

export const SCENARIO_NAMES = GROUPS.flatMap(({ scenarios }) => Object.keys(scenarios));

export async function runRegions(options: RegionsOptions): Promise<ScenarioReport[]> {
  const reports: ScenarioReport[] = [];
  for (const { file, scenarios } of GROUPS) {
    const wanted = Object.entries(scenarios).filter(([name]) => options.only.includes(name));
    if (wanted.length > 0) reports.push(...(await onStage(options, file, async (stage) => await playScenarios(stage, wanted))));
  }
  return reports;
}

async function playScenarios(stage: Stage, scenarios: readonly (readonly [string, Scenario])[]): Promise<ScenarioReport[]> {
  const reports: ScenarioReport[] = [];
  for (const [name, scenario] of scenarios) {
    const startedAt = performance.now();
    const findings: Findings = { figures: [], faults: [], accepted: [] };
    stage.log(name);
    await scenario(stage, findings).catch((error: unknown) => findings.faults.push(errorMessage(error)));
    reports.push({ name, seconds: (performance.now() - startedAt) / 1000, ...findings });
  }
  return reports;
}

async function onStage<T>({ names, rttMs, seed, log }: RegionsOptions, file: string, run: (stage: Stage) => Promise<T>): Promise<T> {
  const dir = await makeTempDir("regions");
  let places: Places | undefined;
  let line: DelayLine | undefined;
  let sources: Sources | undefined;
  let ending: Promise<void> | undefined;
  const takeDown = (): Promise<void> => (ending ??= (async () => {
    await sources?.stop();
    await line?.close();
    await places?.close();
    await removeDir(dir);
  })());
  const interrupted = (signal: NodeJS.Signals): void => void takeDown().finally(() => process.exit(signal === "SIGINT" ? 130 : 143));
  process.once("SIGINT", interrupted).once("SIGTERM", interrupted);
  try {
    const random = seededRandom(seed);
    places = await openNamespaces(names);
    line = await openDelayLine(places, rttMs);
    mkdirSync(join(dir, "sources"));
    sources = await openSources(join(dir, "sources"), places.originAddress, random);
    const regions = await startRegions(places, dir, { file, originHostPort: sources.hostPort });
    await until("the regions see each other", MEET_MS, async () => (await Promise.all(regions.map(async (region) => await Promise.all(regions.filter((other) => other !== region).map((other) => seesHealthy(region, other)))))).flat().every(Boolean));
    return await run({ regions, line, sources, random, log });
  } finally {
    process.off("SIGINT", interrupted).off("SIGTERM", interrupted);
    await takeDown();
  }
}
