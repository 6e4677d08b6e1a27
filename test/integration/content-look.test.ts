import { expect } from "chai";
import { makeLecture as makeSlides } from "../../bin/demo/make-lecture.ts";
import { closeDemuxer, openDemuxer, type Demuxer, type PacketSpan } from "../../mixins/demuxer/demuxer.ts";
import { lookAtContent, type Look, type LookPorts } from "../../services/transcoder/content-look.ts";
import { runFfmpeg, warmFfmpeg } from "../../mixins/ffmpeg.ts";
import { openFolder, run, type Folder } from "../support/cmaf-media.ts";
import { openTestGuest } from "../support/guest.ts";
import { findSharedMedia } from "../support/lectures.ts";
import { planFile } from "../support/plan-file.ts";

const signal = new AbortController().signal;
const runInBackground: LookPorts["run"] = (run) => runFfmpeg({ ...run, niceness: 15, signal });

describe("a look at what a video shows", function () {
  this.timeout(60_000);
  let folder: Folder;
  let demuxer: Demuxer;
  let spans: PacketSpan[];
  let packetsRead: number;

  before(async () => {
    await warmFfmpeg(await openTestGuest());
    folder = await openFolder();
    demuxer = openDemuxer();
  });
  after(async () => {
    await closeDemuxer();
    await folder.remove();
  });
  beforeEach(() => { [spans, packetsRead] = [[], 0]; });

  async function look(path: string, runLook = runInBackground): Promise<Look> {
    const { bytes, facts } = await planFile(path);
    const readPackets: LookPorts["readPackets"] = async (span) => {
      const packets = await demuxer.packets({ key: path, size: bytes.byteLength }, async (start, end) => Buffer.from(bytes.subarray(start, end)), span);
      spans.push(span);
      packetsRead += packets.length;
      return packets;
    };
    return await lookAtContent(facts, { readPackets, run: runLook });
  }

  const profile = (seen: Look): string => (seen.outcome === "profile" ? seen.profile.profile : seen.message);

  it("knows slides, and reads eight moments of a few frames for it", async () => {
    const seen = await look(await makeSlides(folder.path("."), "ffmpeg", () => undefined));
    expect(profile(seen)).to.equal("slides");
    expect(spans).to.have.length(8);
    expect(packetsRead).to.be.within(8 * 3, 8 * 14);
  });

  it("knows noise from slides", async () => {
    const path = folder.path("noise.mp4");
    await run("ffmpeg", ["-y", "-f", "lavfi", "-i", "gradients=s=640x360:r=25:n=2:c0=gray:c1=black:x0=0:y0=0:x1=639:y1=359,trim=end_frame=1,loop=loop=-1:size=1,setpts=N/25/TB,format=yuv420p,noise=alls=6:allf=t", "-t", "8", "-c:v", "libx264", "-preset", "ultrafast", "-g", "50", "-pix_fmt", "yuv420p", path]);
    expect(profile(await look(path))).to.equal("camera");
  });

  it("says so when FFmpeg shows other frames than it was fed, or fails", async () => {
    const path = folder.path("short.mp4");
    await run("ffmpeg", ["-y", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25", "-t", "4", "-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-pix_fmt", "yuv420p", path]);
    const lacking: LookPorts["run"] = async ({ onData }) => { onData(Buffer.alloc(320 * 180)); return { outcome: "done", complaints: [] }; };
    const surplus: LookPorts["run"] = async ({ onData }) => { onData(Buffer.alloc(320 * 180 * 100)); return { outcome: "done", complaints: [] }; };
    const failing: LookPorts["run"] = async () => ({ outcome: "failed", message: "no" });
    expect(await look(path, lacking)).to.deep.equal({ outcome: "unknown", message: "FFmpeg showed other frames than it was fed" });
    expect(await look(path, surplus)).to.deep.equal({ outcome: "unknown", message: "FFmpeg showed other frames than it was fed" });
    expect(await look(path, failing)).to.deep.equal({ outcome: "unknown", message: "no" });
  });

  for (const [name, is] of [["lecture-en.mp4", "slides"], ["talk.mp4", "animation"], ["lab.mp4", "camera"]] as const) {
    const path = findSharedMedia(name);
    if (path !== undefined) it(`knows ${name} for ${is}`, async () => { expect(profile(await look(path))).to.equal(is); });
  }
});
