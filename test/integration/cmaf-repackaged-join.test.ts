import { expect } from "chai";
import { decode, frameHashes, openFolder, probePackets, run, type Folder } from "../support/cmaf-media.ts";
import { repackage } from "../support/cmaf-repackage.ts";

const PICTURE = ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=30000/1001:duration=6"];
const SOUND = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000:duration=4,volume=0.5"];

interface Case { name: string; kind: "video" | "audio"; file: string; make: string[]; readSource?: string[] }

const CASES: Case[] = [
  { name: "H.264 with B-frames and an edit list", kind: "video", file: "h264.mp4", make: [...PICTURE, "-c:v", "libx264", "-preset", "veryfast", "-bf", "3", "-g", "48", "-pix_fmt", "yuv420p"] },
  { name: "H.264 with a deep pyramid, whose reordering the delay does not cover", kind: "video", file: "deep.mp4",
    make: [...PICTURE, "-c:v", "libx264", "-preset", "veryfast", "-bf", "7", "-b_strategy", "0", "-x264-params", "b-pyramid=strict:open-gop=0", "-g", "48", "-video_track_timescale", "30000", "-pix_fmt", "yuv420p"] },
  { name: "H.264 in Matroska, whose ticks are milliseconds", kind: "video", file: "h264.mkv", make: [...PICTURE, "-c:v", "libx264", "-preset", "veryfast", "-bf", "3", "-g", "48", "-pix_fmt", "yuv420p"] },
  { name: "H.264 turned by 90°, with oblong pixels", kind: "video", file: "turned.mp4",
    make: [...PICTURE, "-vf", "setsar=16/15", "-c:v", "libx264", "-preset", "veryfast", "-g", "48", "-metadata:s:v:0", "rotate=90", "-pix_fmt", "yuv420p"] },
  { name: "HEVC", kind: "video", file: "hevc.mp4", make: [...PICTURE, "-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error:bframes=4:b-pyramid=1:keyint=48:open-gop=0", "-tag:v", "hvc1", "-pix_fmt", "yuv420p"] },
  { name: "VP9 in WebM", kind: "video", file: "vp9.webm", make: [...PICTURE, "-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-g", "48", "-pix_fmt", "yuv420p"] },
  { name: "AV1 in MP4", kind: "video", file: "av1.mp4", make: [...PICTURE, "-c:v", "libaom-av1", "-usage", "realtime", "-cpu-used", "8", "-g", "48", "-pix_fmt", "yuv420p"] },
  { name: "AAC", kind: "audio", file: "aac.m4a", make: [...SOUND, "-c:a", "aac"], readSource: ["-ignore_editlist", "1"] },
  { name: "Opus in WebM", kind: "audio", file: "opus.webm", make: [...SOUND, "-c:a", "libopus"], readSource: ["-flags2", "skip_manual"] },
  { name: "FLAC", kind: "audio", file: "flac.mp4", make: [...SOUND, "-c:a", "flac", "-frame_size", "1024", "-strict", "-2"] },
];

describe("repackaged segments joined", function () {
  this.timeout(120_000);
  let folder: Folder;
  before(async () => { folder = await openFolder(); });
  after(() => folder.remove());

  for (const { name, kind, file, make, readSource = [] } of CASES) {
    it(`decode to the source's own frames: ${name}`, async () => {
      const source = folder.path(file);
      await run("ffmpeg", [...make, "-y", source]);
      const { init, segments, packets: count } = await repackage(source, kind);
      expect(segments.length).to.be.greaterThan(1);
      const joined = await folder.write(`${file}.joined.mp4`, init, ...segments);

      const stream = kind === "video" ? "v" : "a";
      const expected = await frameHashes(source, stream, readSource);
      expect(await frameHashes(joined, stream, readSource.includes("skip_manual") ? readSource : [])).to.deep.equal(expected);
      expect((await decode(joined)).stderr).to.equal("");

      const packets = await probePackets(joined);
      expect(packets).to.have.length(count);
      const times = packets.map((packet) => packet.pts).sort((a, b) => a - b);
      expect(times[0]).to.equal(0);
      expect(new Set(times).size, "no time twice").to.equal(times.length);
      expect(packets.every((packet) => packet.pts >= packet.dts), "no frame is shown before it is decoded").to.equal(true);
      expect(packets.every((packet, index) => packet.dts > (packets[index - 1]?.dts ?? -Infinity)), "decode times ascend").to.equal(true);
    });
  }

  it("keeps rotation, pixel aspect and codec parameters", async () => {
    const shown = ["-show_entries", "stream=codec_name,profile,level,width,height,sample_aspect_ratio,pix_fmt:stream_side_data=rotation", "-of", "json", "-select_streams", "v"];
    const [source, joined] = await Promise.all(["turned.mp4", "turned.mp4.joined.mp4"].map((file) => run("ffprobe", [...shown, folder.path(file)])));
    expect(JSON.parse(joined?.stdout.toString() ?? "")).to.deep.equal(JSON.parse(source?.stdout.toString() ?? ""));
  });
});
