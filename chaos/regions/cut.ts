/** The line between two regions is cut, both ways or one, while both work; each goes on alone, and then they meet again. */
import { setTimeout as delay } from "node:timers/promises";
import { errorMessage } from "../../config/errors.ts";
import { play, post, seesHealthy, until } from "./client.ts";
import type { Way, WayCounts } from "./delay-line.ts";
import { listObjects } from "./reader.ts";
import type { Region } from "./region.ts";
import { expectThat, expectWhole, note, postNew, settle, type Findings, type Stage } from "./stage.ts";

export interface CutOptions {
  ways(here: Region, there: Region): readonly Way[];
  /** What the regions' file says becomes of posts meanwhile. */
  whenAway: "accept" | "refuse";
}

/** Of each region, when the line is cut: more work than fits into the time until the other takes it over. */
const UNFINISHED = 3;
/** At least so long, and until work has changed hands. */
const CUT_MS = 20_000;
const ADOPT_MS = 45_000;
const HEAL_MS = 90_000;
const PAUSE_MS = 1_000;

export function cutScenario({ ways, whenAway }: CutOptions) {
  return async (stage: Stage, findings: Findings): Promise<void> => {
    const { line, random, log } = stage;
    const [here, there] = stage.regions;
    if (here === undefined || there === undefined) return;
    const pair = [here, there] as const;
    const otherOf = (region: Region): Region => (region === here ? there : here);

    const old = new Map<Region, string>();
    const begun = new Map<Region, string[]>([[here, []], [there, []]]);
    for (const region of pair) old.set(region, (await postNew(stage, findings, region, "lazy")).id ?? "");
    for (const region of pair) for (const id of old.values()) expectThat(findings, (await play(region, id)).ok, `${id} does not play in ${region.name} before the cut`);
    for (let n = 0; n < UNFINISHED; n++) for (const region of pair) begun.get(region)?.push((await postNew(stage, findings, region, "eager")).id ?? "");
    await until("both regions encode", HEAL_MS, () => pair.every((region) => listObjects(region.storeDir, `videos/${begun.get(region)?.[0]}/media/`).length > 2));
    await delay(random.int(0, 1_500));

    const before = await line.cut(ways(here, there));
    const cutAt = performance.now();
    const since = (): number => performance.now() - cutAt;
    log(`  cut ${ways(here, there).map((way) => way.join(" → ")).join(", ")}`);
    const isOver = new AbortController();
    const duringPosts = pair.map((region) => postOn(stage, findings, region, { whenAway, away: otherOf(region).name }, isOver.signal));
    const ownPlays = pair.map((region) => playOn(stage, findings, region, [old.get(region) ?? "", begun.get(region)?.[0] ?? ""], isOver.signal));
    const otherPlays = pair.map((region) => playOn(stage, findings, region, [old.get(otherOf(region)) ?? ""], isOver.signal));
    const adopted = (region: Region): boolean => listObjects(region.storeDir, `adopted/${otherOf(region).name}/`).some((key) => begun.get(otherOf(region))?.some((id) => key.includes(id)));
    for (const region of pair) {
      await until(`${region.name} takes over`, Math.max(0, ADOPT_MS - since()), () => adopted(region)).then(
        () => note(findings, `until ${region.name} works on videos of ${otherOf(region).name}`, since()),
        (error: unknown) => findings.faults.push(errorMessage(error)),
      );
    }
    await delay(Math.max(0, CUT_MS - since()));
    isOver.abort();
    const posts = await Promise.all(duringPosts);
    const [own, others] = [await Promise.all(ownPlays), await Promise.all(otherPlays)];
    const lastedMs = since();

    const after = await line.cut([]);
    const healedAt = performance.now();
    log(`  healed after ${(lastedMs / 1000).toFixed(1)} s`);
    expectCut(findings, [[here.name, there.name], [there.name, here.name]], ways(here, there), before, after);
    note(findings, "a post during the cut, the first", ...posts.flatMap(([first = []]) => first));
    note(findings, "a post during the cut, later", ...posts.flatMap(([, later = []]) => later));
    note(findings, "a play during the cut, of an own video", ...own.flat());
    note(findings, "a play during the cut, of one that is the other's", ...others.flat());

    const sinceHeal = (): number => performance.now() - healedAt;
    const healed = async (what: string, done: (region: Region) => Promise<boolean>): Promise<[what: string, times: number[]]> => [what, await Promise.all(pair.map(async (region) => {
      await until(`${what}, in ${region.name}`, HEAL_MS, () => done(region));
      return sinceHeal();
    }))];
    const unseen = new Map(pair.map((region) => [region, findings.accepted.findLast((id) => posts[pair.indexOf(region)]?.[2]?.includes(id)) ?? begun.get(region)?.at(-1) ?? ""]));
    const healing = await Promise.all([
      healed("a post has its second record", async (region) => (await postNew(stage, findings, region, "lazy")).replicatedTo.includes(otherOf(region).name)),
      healed("the other's new video plays", async (region) => (await play(region, unseen.get(otherOf(region)) ?? "")).ok),
      healed("the other is seen as healthy", (region) => seesHealthy(region, otherOf(region))),
    ]);
    for (const [what, times] of healing) note(findings, `after healing: until ${what}`, ...times);
    await settle(stage, findings);
    await expectWhole(stage, findings, [...begun.values()].flat());
  };
}

/** @returns how long the first post took, how long the others, and the ids of those that were accepted */
async function postOn(stage: Stage, findings: Findings, region: Region, { whenAway, away }: Pick<CutOptions, "whenAway"> & { away: string }, signal: AbortSignal): Promise<[number[], number[], string[]]> {
  const times: number[] = [];
  const ids: string[] = [];
  while (!signal.aborted) {
    const answer = await post(region, stage.sources.next(), times.length === 0 ? "eager" : "lazy");
    times.push(answer.ms);
    if (answer.id !== undefined) {
      ids.push(answer.id);
      findings.accepted.push(answer.id);
    }
    const fits = whenAway === "accept" ? answer.status === 202 && !answer.replicatedTo.includes(away) : answer.status === 503 && answer.code === "region_unavailable";
    expectThat(findings, fits, `a post in ${region.name} during the cut was answered ${answer.status} ${answer.code ?? ""} with copies in [${answer.replicatedTo.join()}] after ${answer.ms.toFixed(0)} ms`);
    await delay(stage.random.int(PAUSE_MS, PAUSE_MS * 4));
  }
  return [times.slice(0, 1), times.slice(1), ids];
}

async function playOn({ random }: Stage, findings: Findings, region: Region, ids: readonly string[], signal: AbortSignal): Promise<number[]> {
  const times: number[] = [];
  while (!signal.aborted) {
    const id = random.pick(ids);
    const answer = await play(region, id, random.int(0, 2));
    times.push(answer.ms);
    expectThat(findings, answer.ok, `${id} does not play in ${region.name} during the cut: ${answer.status} ${answer.code ?? ""} after ${answer.ms.toFixed(0)} ms`);
    await delay(PAUSE_MS);
  }
  return times;
}

/** The fault has happened as it was meant. */
function expectCut(findings: Findings, all: readonly Way[], cut: readonly Way[], before: (way: Way) => WayCounts, after: (way: Way) => WayCounts): void {
  for (const way of all) {
    const dropped = after(way).dropped - before(way).dropped;
    const passed = after(way).passed - before(way).passed;
    const name = way.join(" → ");
    findings.figures.push({ what: `packets dropped, passed, ${name}`, value: `${dropped}, ${passed}` });
    if (cut.some((one) => one.join() === way.join())) expectThat(findings, dropped > 0 && passed === 0, `${name} was not cut: ${dropped} packets dropped, ${passed} passed`);
    else expectThat(findings, dropped === 0 && passed > 0, `${name} was cut: ${dropped} packets dropped, ${passed} passed`);
  }
}
