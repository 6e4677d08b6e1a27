import { expect } from "chai";
import type { ServiceBroker } from "moleculer";
import { readFragments, writeFragment } from "../../media/cmaf/fragment.ts";
import { warmFfmpeg } from "../../mixins/ffmpeg.ts";
import type { CheckParams, CheckResult } from "../../services/quality/quality.contract.ts";
import { qualityService } from "../../services/quality/quality.service.ts";
import { openFolder, run, type Folder } from "../support/cmaf-media.ts";
import { openTestGuest, TEST_GUEST } from "../support/guest.ts";
import { findFfmpeg } from "../support/ffmpeg-processes.ts";
import { makeLecture, makeWebm } from "../support/lectures.ts";
import { openSegmentFactory, type SegmentFactory } from "../support/made-segments.ts";
import { planFile, type PlannedFile } from "../support/plan-file.ts";
import { quietBroker } from "../support/quiet-broker.ts";

/** Bars that move over a speaker's room, and speech-like sound: something to compare on every frame. */
const SPEECH = ["-f", "lavfi", "-i", "aevalsrc='0.4*sin(2*PI*220*t)*gt(sin(2*PI*1.3*t)*sin(2*PI*0.37*t),0.1)':s=48000"];

describe("quality", function () {
  this.timeout(120_000);
  let folder: Folder;
  let broker: ServiceBroker;
  let factory: SegmentFactory;
  let lecture: PlannedFile;
  let film: PlannedFile;

  before(async () => {
    await warmFfmpeg(await openTestGuest());
    folder = await openFolder();
    factory = await openSegmentFactory();
    lecture = await planFile(await makeLecture(folder.path("lecture.mp4"), { seconds: 8, size: "640x360" }));
    film = await planFile(await makeFilm("film.avi", "testsrc2=size=320x180:rate=25"), 0);
    broker = quietBroker({ requestTimeout: 60_000 });
    broker.createService(qualityService({ slots: 2, guest: TEST_GUEST }));
    await broker.start();
  });
  after(async () => {
    await broker.stop();
    await factory.close();
    await folder.remove();
    expect(findFfmpeg()).to.deep.equal([]);
  });

  const check = async (params: CheckParams): Promise<CheckResult["reports"]> => (await broker.call<CheckResult, CheckParams>("quality.check", params)).reports;
  /** What was found of each segment. */
  const faults = async (params: CheckParams): Promise<string[]> => (await check(params)).map(({ segment, findings }) => `${segment} ${findings.map(({ fault }) => fault).join(" ") || "good"}`);
  /** The segments of `made` with another in the place of number `index`. */
  const swap = (made: CheckParams, index: number, bytes: Buffer): CheckParams => ({ ...made, segments: made.segments.map((segment, at) => (at === index ? bytes : segment)) });
  const segmentOf = ({ segments }: CheckParams, index: number): Buffer => Buffer.from(segments[index] ?? []);
  async function makeFilm(name: string, picture: string): Promise<string> {
    await run("ffmpeg", ["-y", "-f", "lavfi", "-i", picture, ...SPEECH, "-t", "8", "-c:v", "mpeg4", "-q:v", "4", "-g", "25", "-c:a", "ac3", folder.path(name)]);
    return folder.path(name);
  }
  /** The lecture's encode, made of another picture: same frames, same times. */
  async function encodeOf(filter: string): Promise<CheckParams> {
    await run("ffmpeg", ["-y", "-i", folder.path("lecture.mp4"), "-vf", filter, "-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", "50", "-sc_threshold", "0", "-pix_fmt", "yuv420p", "-c:a", "copy", "-movflags", "+faststart", folder.path("other.mp4")]);
    return await factory.make(await planFile(folder.path("other.mp4")), "240p");
  }

  it("finds nothing wrong with what is made of a lecture: repackaged, encoded, sound", async () => {
    for (const rendition of ["source", "240p", "audio"]) {
      const made = await factory.make(lecture, rendition);
      expect(await faults(made), rendition).to.deep.equal(["0 good", "1 good", "2 good"]);
    }
    const [first] = await check(await factory.make(lecture, "240p", 0, 0));
    expect(first?.frames).to.equal(50);
    expect(first?.ssim?.min).to.be.above(0.9);
    expect(first?.ssim?.compared).to.be.at.least(4);
  });

  it("finds nothing wrong with segments that begin within a group of pictures, or come from a file that only FFmpeg reads", async () => {
    const webm = await planFile(await makeWebm(folder.path("webm.webm"), { seconds: 7, size: "320x180" }));
    expect(await faults(await factory.make(webm, webm.plan.video[0]?.name ?? "", 1))).to.deep.equal(["1 good", "2 good"]);
    expect(film.plan.cut).to.equal("grid");
    const copied = await planFile(folder.path("film.avi"));
    expect(copied.facts.reader).to.equal("remux");
    for (const file of [film, copied]) for (const rendition of ["180p", "audio"]) expect(await faults(await factory.make(file, rendition, 1)), rendition).to.deep.equal(["1 good", "2 good"]);
  });

  it("takes black, stillness and silence of the source for what they are", async () => {
    await run("ffmpeg", ["-y", "-f", "lavfi", "-i", "color=black:size=320x180:rate=25", "-f", "lavfi", "-i", "anullsrc=sample_rate=48000", "-t", "4", "-c:v", "mpeg4", "-c:a", "ac3", folder.path("black.avi")]);
    const black = await planFile(folder.path("black.avi"));
    for (const rendition of ["180p", "audio"]) expect(await faults(await factory.make(black, rendition)), rendition).to.deep.equal(["0 good", "1 good"]);
  });

  it("hears and sees a single frame", async () => {
    const still = await planFile(await makeLecture(folder.path("still.mp4"), { seconds: 0.04, size: "640x360" }));
    for (const { name } of [...still.plan.video, ...still.plan.audio]) expect(await faults(await factory.make(still, name)), name).to.deep.equal(["0 good"]);
  });

  it("finds bytes that were damaged, and in which segment", async () => {
    const made = await factory.make(lecture, "240p");
    const damaged = segmentOf(made, 1);
    damaged.fill(0x5a, damaged.length / 2, damaged.length / 2 + 2_000); // less than a whole frame may decode to something else without complaint
    expect(await faults(swap(made, 1, damaged))).to.deep.equal(["0 good", "1 decode", "2 good"]);
    expect(await faults(swap(made, 1, damaged.subarray(0, damaged.length - 100)))).to.deep.equal(["0 good", "1 boxes", "2 good"]);
    const repackaged = await factory.make(lecture, "source");
    const flipped = segmentOf(repackaged, 2);
    flipped[flipped.length - 500] = (flipped[flipped.length - 500] ?? 0) ^ 1;
    expect(await faults(swap(repackaged, 2, flipped))).to.deep.equal(["0 good", "1 good", "2 bytes"]);
  });

  it("finds a frame that is missing, and one that is shown at another time", async () => {
    const made = await factory.make(lecture, "240p");
    const fragments = readFragments(segmentOf(made, 1));
    const [head, ...rest] = fragments;
    if (head === undefined) throw new Error("no fragment");
    const write = (changed: typeof head): Buffer => Buffer.concat([changed, ...rest].map((fragment) => writeFragment(fragment)));
    const short = { ...head, samples: head.samples.slice(0, -1), data: head.data.slice(0, -1) };
    expect(await faults(swap(made, 1, write(short)))).to.deep.equal(["0 good", "1 frame_count decode_times presentation_times", "2 good"]);
    const late = { ...head, baseDecodeTime: head.baseDecodeTime + 1 };
    expect((await faults(swap(made, 1, write(late))))[1]).to.match(/^1 decode_times/);
    const keyless = { ...head, samples: head.samples.map((sample) => ({ ...sample, isKey: false })) };
    expect(await faults(swap(made, 1, write(keyless)))).to.deep.equal(["0 good", "1 key_frame", "2 good"]);
  });

  it("finds another segment in the place of one", async () => {
    for (const rendition of ["240p", "source", "audio"]) {
      const made = await factory.make(lecture, rendition);
      expect((await faults(swap(made, 1, segmentOf(made, 2))))[1], rendition).to.match(/^1 .*decode_times/);
    }
  });

  for (const [what, filter, fault] of [
    ["black", "drawbox=t=fill:color=black", "black"],
    ["frozen", "select='eq(n,0)',loop=loop=-1:size=1,setpts=N/25/TB,trim=end_frame=200", "frozen"],
    ["turned over", "hflip,vflip", "picture"],
    ["grey in its lower half", "drawbox=y=ih/2:h=ih/2:t=fill:color=gray", "picture"],
    ["green", "drawbox=t=fill:color=green", "frozen"],
    ["of a wrong range", "lutyuv=y='16+(val*219/255)'", "colour"],
    ["of swapped colours", "shuffleplanes=0:2:1", "colour"],
    ["late by a frame", "tpad=start=1:start_mode=clone,trim=end_frame=200", "shifted"],
  ] as const) {
    it(`finds a picture that is ${what}`, async () => {
      const honest = await factory.make(lecture, "240p");
      const { init, segments } = await encodeOf(filter);
      const found = await faults({ ...honest, init, segments });
      expect(found).to.deep.equal([0, 1, 2].map((segment) => `${segment} ${fault}`));
    });
  }

  it("finds silence, and sound that does not go with the picture", async () => {
    const honest = await factory.make(film, "audio");
    for (const [filter, fault] of [["volume=0", "silent"], ["adelay=200:all=1", "sync"]] as const) {
      await run("ffmpeg", ["-y", "-i", folder.path("film.avi"), "-af", filter, "-t", "8", "-c:v", "copy", "-c:a", "ac3", folder.path("mute.avi")]);
      const { init, segments } = await factory.make(await planFile(folder.path("mute.avi"), 0), "audio");
      expect((await faults({ ...honest, init, segments })).slice(1), fault).to.deep.equal([`1 ${fault}`, `2 ${fault}`]);
    }
  });

  it("does not hold a source's own damage against what it is served as", async () => {
    const bytes = Buffer.from(lecture.bytes);
    const { video } = lecture.facts;
    const packets = (await factory.make(lecture, "source", 1, 1)).packets ?? [];
    expect(video.codec).to.equal("h264");
    const largest = Buffer.from(packets.reduce((a, b) => (b.data.length > a.data.length ? b : a)).data);
    const at = bytes.indexOf(largest);
    for (let i = at + 2_000; i < at + 2_200; i++) bytes[i] = (bytes[i] ?? 0) ^ 0x5a;
    const [report] = await check(await factory.make({ ...lecture, bytes }, "source", 1, 1));
    expect(report?.findings).to.deep.equal([]);
    expect(report?.sourceErrors).to.be.above(0);
  });
});
