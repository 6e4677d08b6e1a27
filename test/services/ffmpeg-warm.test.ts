/** What a node asks its FFmpeg before the first run. fluent-ffmpeg keeps the answers of a process, so this has one of its own. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { warmFfmpeg } from "../../mixins/ffmpeg.ts";
import type { Guest } from "../../mixins/guest.ts";
import { eventually } from "../support/eventually.ts";
import { openTestGuest } from "../support/guest.ts";
import { rejection } from "../support/rejection.ts";

describe("FFmpeg is asked what it can do", () => {
  let dir: string;
  let guest: Guest;
  before(async () => {
    dir = mkdtempSync(join(tmpdir(), "lectern-warm-"));
    guest = await openTestGuest();
  });
  after(() => rmSync(dir, { recursive: true }));

  /** Writes down what it is asked. */
  function scribe(name: string, then: string): Guest {
    const path = join(dir, name);
    writeFileSync(path, `#!/bin/sh\necho "$@" >> ${path}.asked\n${then}\n`, { mode: 0o755 });
    return { ...guest, ffmpegPath: path };
  }
  const asked = ({ ffmpegPath }: Guest): string[] => (existsSync(`${ffmpegPath}.asked`) ? readFileSync(`${ffmpegPath}.asked`, "utf8").trim().split("\n").toSorted() : []);

  it("again after it failed", async () => {
    const broken = scribe("broken", "exit 1");
    for (let times = 1; times <= 2; times++) {
      await rejection(warmFfmpeg(broken), "a broken FFmpeg");
      await eventually(() => ["-encoders", "-filters", "-formats"].every((question) => asked(broken).filter((line) => line === question).length === times)); // the first that fails is told of
    }
  });

  it("once, however many of a node's services want to know at once", async () => {
    const sound = scribe("sound", `exec ${guest.ffmpegPath} "$@"`);
    const builds = await Promise.all([warmFfmpeg(sound), warmFfmpeg(sound), warmFfmpeg(sound)]);
    expect(new Set(builds).size).to.equal(1);
    expect(builds[0].encoders.has("libx264")).to.equal(true);
    expect(await warmFfmpeg(sound)).to.equal(builds[0]);
    expect(asked(sound)).to.deep.equal(["-encoders", "-filters", "-formats"]);
  });
});
