/** Nothing is broken, the regions are only far from each other: what that costs. */
import { play } from "./client.ts";
import { expectThat, note, postNew, type Findings, type Stage } from "./stage.ts";

const ROUNDS = 10;

export async function farApart(stage: Stage, findings: Findings): Promise<void> {
  const [here, there] = stage.regions;
  if (here === undefined || there === undefined) return;
  const times: Record<"posted" | "played" | "elsewhere" | "again", number[]> = { posted: [], played: [], elsewhere: [], again: [] };
  await play(there, (await postNew(stage, findings, here, "lazy")).id ?? ""); // the first of all pays for connections, too
  for (let round = 0; round < ROUNDS; round++) {
    const startedAt = performance.now();
    const first = await postNew(stage, findings, here, "lazy");
    times.posted.push(first.ms);
    expectThat(findings, first.replicatedTo.includes(there.name), `a post in ${here.name} was answered ${first.status} with copies in [${first.replicatedTo.join()}]`);
    const played = await play(here, first.id ?? "");
    times.played.push(performance.now() - startedAt);
    const secondAt = performance.now();
    const second = await postNew(stage, findings, here, "lazy");
    const elsewhere = await play(there, second.id ?? "");
    times.elsewhere.push(performance.now() - secondAt);
    const again = await play(there, first.id ?? "", 1);
    times.again.push(again.ms);
    for (const [answer, where] of [[played, here], [elsewhere, there], [again, there]] as const) expectThat(findings, answer.ok, `a video of ${here.name} does not play in ${where.name}: ${answer.status} ${answer.code}`);
  }
  note(findings, `post in ${here.name}, answered with its second record in ${there.name}`, ...times.posted);
  note(findings, `post and first play in ${here.name}`, ...times.played);
  note(findings, `post in ${here.name}, first play in ${there.name}`, ...times.elsewhere);
  note(findings, `another segment of it in ${there.name}`, ...times.again);
}
