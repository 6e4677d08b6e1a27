/**
 * A program that runs FFmpeg as a node does: node endless-run.ts <sandbox> <video> [<runs>]. None has an end or writes
 * anything, so that no broken pipe ends it either. They are started one after the other, a few milliseconds apart; it
 * says `mark <mark>` of all its guests first, and `started` in the middle.
 */
import { createReadStream } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { runFfmpeg, warmFfmpeg } from "../../mixins/ffmpeg.ts";
import { GUEST_MARK } from "../../mixins/guest-warden.ts";
import { openTestGuest } from "./guest.ts";

const APART_MS = 4;

const [sandbox, video = "", runs = "1"] = process.argv.slice(2);
console.log(`mark ${GUEST_MARK.value}`);
await warmFfmpeg(await openTestGuest({ sandbox: sandbox === "bwrap" ? "bwrap" : "limits" }));
for (let run = 0; run < Number(runs); run++) {
  if (run === Math.floor(Number(runs) / 2)) console.log("started");
  void runFfmpeg({
    arguments: { input: "pipe:0", inputOptions: ["-v", "error", "-nostats"], outputOptions: ["-filter_complex", "testsrc2=size=64x64[v]", "-map", "[v]", "-f", "null"] },
    stdin: createReadStream(video), niceness: 15, signal: new AbortController().signal, stallMs: 600_000, onData: () => undefined,
  });
  await wait(APART_MS);
}
