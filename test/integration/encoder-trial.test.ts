/** What a node finds of encoders: real ones, those of graphics cards that are not there, and stand-ins for those that are. */
import { chmod } from "node:fs/promises";
import { expect } from "chai";
import { FRAGMENTED_OUTPUT } from "../../media/ffmpeg/guest.ts";
import type { EncoderChoice } from "../../media/video-encoders.ts";
import type { Guest } from "../../mixins/guest.ts";
import { proveEncoders, suggestCard, tryEncoder, type EncoderPorts } from "../../services/transcoder/encoder-trial.ts";
import { warmFfmpeg } from "../../mixins/ffmpeg.ts";
import { openFolder, run, type Folder } from "../support/cmaf-media.ts";
import { openTestGuest } from "../support/guest.ts";
import { rejection } from "../support/rejection.ts";

const ALL = ["h264", "hevc", "av1"] as const;
const NEVER = new AbortController().signal;

describe("encoders of a node", function () {
  this.timeout(60_000);
  let folder: Folder;
  let guest: Guest;
  /** An FFmpeg whose cards are: one that obeys (h264_nvenc), one that puts key frames where it likes (h264_qsv), one that hangs (h264_vaapi). */
  let cards: Guest;
  let lines: string[];
  const ports = (as: Guest, listed: Iterable<string>, signal = NEVER): EncoderPorts => ({ guest: as, listed: new Set(listed), logger, signal });
  const logger = { info: (line: string) => { lines.push(line); }, warn: (line: string) => { lines.push(line); } };

  before(async () => {
    folder = await openFolder();
    guest = await openTestGuest();
    for (const [name, keys] of [["good", "0,0.28"], ["bad", "0,0.28,0.4"]] as const) {
      await run("ffmpeg", ["-f", "lavfi", "-i", "testsrc2=size=64x64:rate=25", "-frames:v", "13", "-c:v", "libx264", "-force_key_frames", keys, ...FRAGMENTED_OUTPUT, "-y", folder.path(name)]);
    }
    const program = await folder.write("ffmpeg", Buffer.from(`#!/bin/sh
case "$*" in
  *-version*) echo "ffmpeg version 9.0 Copyright" ;;
  *h264_nvenc*) exec cat "${folder.path("good")}" ;;
  *h264_qsv*) exec cat "${folder.path("bad")}" ;;
  *h264_vaapi*) exec sleep 600 ;;
esac
`));
    await chmod(program, 0o755);
    cards = await openTestGuest({ sandbox: "limits", ffmpegPath: program });
  });
  const refusalOf = async (settings: EncoderChoice, of: EncoderPorts): Promise<string> => String((await rejection(proveEncoders(settings, of), "an encoder that is not there") as Error).message);
  beforeEach(() => { lines = []; });
  after(() => folder.remove());

  for (const encoder of ["libx264", "libx265", "libsvtav1"] as const) {
    it(`${encoder} does what it is asked`, async () => expect(await tryEncoder(guest, encoder, NEVER)).to.equal(undefined));
  }

  it("are the processor's unless another is set, and the log says so", async () => {
    await proveEncoders({ kind: "software", codecs: ALL }, ports(guest, (await warmFfmpeg(guest)).encoders));
    expect(lines).to.deep.equal(["Video is encoded as h264 by libx264.", "Video is encoded as hevc by libx265.", "Video is encoded as av1 by libsvtav1."]);
  });

  it("are missed at the start, not by a viewer, where FFmpeg has none for a codec", async () => {
    expect(await refusalOf({ kind: "software", codecs: ["h264", "av1"] }, ports(guest, ["libx264", "libx265"]))).to.equal("LECTERN_VIDEO_CODECS names av1, and this FFmpeg has no libsvtav1.");
  });

  it("are the graphics card's where that puts key frames as asked", async () => {
    await proveEncoders({ kind: "nvenc", codecs: ["h264"] }, ports(cards, ["libx264", "h264_nvenc"]));
    expect(lines).to.deep.equal(["Video is encoded as h264 by h264_nvenc, and its lowest rung by libx264."]);
  });

  it("are the processor's for a codec that a kind of card does not know", async () => {
    await proveEncoders({ kind: "qsv", codecs: ["av1"] }, ports(cards, ["libsvtav1"]));
    expect(lines).to.deep.equal(["Video is encoded as av1 by libsvtav1."]);
  });

  it("keep a node from starting where the card is not there, is not listed, or does not obey", async () => {
    const refusal = (kind: "nvenc" | "qsv", as: Guest, listed: string[]): Promise<string> => refusalOf({ kind, codecs: ["h264"] }, ports(as, listed));
    expect(await refusal("nvenc", guest, ["libx264", "h264_nvenc"])).to.match(/^LECTERN_ENCODER is nvenc, and h264_nvenc does not work here: ./);
    expect(await refusal("nvenc", guest, ["libx264"])).to.equal("LECTERN_ENCODER is nvenc, and h264_nvenc does not work here: this FFmpeg does not have it");
    expect(await refusal("qsv", cards, ["libx264", "h264_qsv"])).to.equal("LECTERN_ENCODER is qsv, and h264_qsv does not work here: its key frames are not where they should be");
    expect(lines).to.deep.equal([]);
  });

  it("that work and are not used are suggested, where all that is encoded is the better for it", async () => {
    const suggest = (devices: string[], as = cards): Promise<void> =>
      suggestCard({ kind: "software", codecs: ["h264"] }, ports(as, ["libx264", "h264_nvenc", "h264_qsv"]), (device) => devices.includes(device));
    await suggest([]);
    await suggest(["/dev/dri/renderD128"]);
    await suggest(["/dev/nvidiactl"], guest);
    expect(lines, "no card, one that does not obey, a device without a card").to.deep.equal([]);
    await suggest(["/dev/nvidiactl", "/dev/dri/renderD128"]);
    expect(lines).to.deep.equal(["This node's graphics card works (h264_nvenc): where all nodes that transcode have one, LECTERN_ENCODER=nvenc uses it."]);
  });

  it("keep no node from leaving, also not one whose driver hangs", async () => {
    const closing = new AbortController();
    const trial = proveEncoders({ kind: "vaapi", codecs: ["h264"] }, ports(cards, ["libx264", "h264_vaapi"], closing.signal));
    setTimeout(() => closing.abort(), 200);
    await trial;
    expect(lines).to.deep.equal([]);
  });
});
