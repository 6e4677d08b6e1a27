/** All of a region is killed, its bucket too, while it works; the other plays on and takes over; then the region comes back. */
import { play, playEnd, renditionsOf, statusOf, until } from "./client.ts";
import { listObjects } from "./reader.ts";
import { expectThat, expectWhole, note, postNew, settle, type Findings, type Stage } from "./stage.ts";

/** What the README promises of playback elsewhere. */
const PLAYBACK_MS = 5_000;
const WAIT_MS = 60_000;

export async function darkRegion(stage: Stage, findings: Findings): Promise<void> {
  const [here, there] = stage.regions;
  if (here === undefined || there === undefined) return;
  const ids: string[] = [];
  for (let n = 0; n < 2; n++) ids.push((await postNew(stage, findings, here, "eager")).id ?? "");
  const [id = ""] = ids;
  await until(`${there.name} has segments of ${here.name}`, WAIT_MS, () => listObjects(there.storeDir, `videos/${id}/media/`).length > 3);
  const unmade = (await renditionsOf(there, id)).at(-1) ?? "";

  await here.goDark();
  const darkAt = performance.now();
  const since = (): number => performance.now() - darkAt;
  stage.log(`  ${here.name} is dark`);
  await until(`a video of ${here.name} plays in ${there.name}`, WAIT_MS, async () => (await play(there, id, 1)).ok);
  const playedMs = since();
  note(findings, `until a video of ${here.name} plays in ${there.name}`, playedMs);
  expectThat(findings, playedMs < PLAYBACK_MS, `a video of ${here.name} played in ${there.name} after ${playedMs.toFixed(0)} ms only`);
  await until(`a segment that was not made plays in ${there.name}`, WAIT_MS, async () => (await playEnd(there, id, unmade)).ok);
  note(findings, "until a segment plays that nobody had made", since());
  const posted = await postNew(stage, findings, there, "lazy");
  note(findings, `a post in ${there.name} meanwhile`, posted.ms);
  expectThat(findings, posted.status === 202, `a post in ${there.name} was answered ${posted.status} ${posted.code}`);
  await until(`${there.name} takes over`, WAIT_MS, () => listObjects(there.storeDir, `adopted/${here.name}/`).some((key) => ids.some((one) => key.includes(one))));
  note(findings, `until ${there.name} works on videos of ${here.name}`, since());

  const startedAt = performance.now();
  await here.start();
  note(findings, `${here.name} starts in`, performance.now() - startedAt);
  await until(`${here.name} knows its video`, WAIT_MS, async () => (await statusOf(here, id)) !== "unknown");
  await until(`it plays in ${here.name} again`, WAIT_MS, async () => (await play(here, id)).ok);
  note(findings, `until it plays in ${here.name} again`, performance.now() - startedAt);
  await settle(stage, findings);
  await expectWhole(stage, findings, ids);
}
