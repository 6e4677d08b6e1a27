/** VMAF where FFmpeg has libvmaf. Debian's has none: a stand-in has SSIM do what libvmaf is asked for, and says it in libvmaf's words. */
import { chmod } from "node:fs/promises";
import { expect } from "chai";
import type { ServiceBroker } from "moleculer";
import { summarise } from "../../media/quality/report.ts";
import { openGuest } from "../../mixins/guest.ts";
import { warmFfmpeg } from "../../mixins/ffmpeg.ts";
import type { CheckParams, CheckResult } from "../../services/quality/quality.contract.ts";
import { qualityService } from "../../services/quality/quality.service.ts";
import { openFolder, run, type Folder } from "../support/cmaf-media.ts";
import { TEST_GUEST } from "../support/guest.ts";
import { makeLecture } from "../support/lectures.ts";
import { openSegmentFactory, type SegmentFactory } from "../support/made-segments.ts";
import { planFile } from "../support/plan-file.ts";
import { quietBroker } from "../support/quiet-broker.ts";

const standIn = (broken: string): string => `#!/bin/sh
case "$*" in
  *-filters*) ffmpeg "$@"; echo " ... libvmaf           VV->V      Calculate the VMAF between two video streams." ;;
  *libvmaf*)
    [ -e "${broken}" ] && { echo "could not load libvmaf model" >&2; exit 1; }
    for argument do
      shift
      case "$argument" in *libvmaf*) argument="\${argument%%libvmaf*}ssim" ;; esac
      set -- "$@" "$argument"
    done
    ffmpeg "$@" 2>&1 >/dev/null | sed -e 's/^.*SSIM .*All:0[.]\\(..\\)\\([0-9]*\\).*$/[libvmaf @ 0x1] VMAF score: \\1.\\2/' -e 's/^.*SSIM .*All:1[.].*$/[libvmaf @ 0x1] VMAF score: 100.0/' >&2 ;;
  *) exec ffmpeg "$@" ;;
esac
`;

describe("quality with libvmaf", function () {
  this.timeout(60_000);
  let folder: Folder;
  let factory: SegmentFactory;
  let broker: ServiceBroker;

  before(async () => {
    folder = await openFolder();
    const program = await folder.write("ffmpeg", Buffer.from(standIn(folder.path("broken"))));
    await chmod(program, 0o755);
    const guest = { ...TEST_GUEST, sandbox: "limits" as const, ffmpegPath: program };
    broker = quietBroker({ requestTimeout: 60_000 });
    await warmFfmpeg(await openGuest(guest, broker.logger));
    factory = await openSegmentFactory();
    broker.createService(qualityService({ slots: 2, guest }));
    await broker.start();
  });
  after(async () => {
    await broker.stop();
    await factory.close();
    await folder.remove();
  });

  const check = async (params: CheckParams): Promise<CheckResult["reports"]> => (await broker.call<CheckResult, CheckParams>("quality.check", params)).reports;

  it("measures the first segment of a run, frame by frame with the source's, and sums it up", async () => {
    const lecture = await planFile(await makeLecture(folder.path("lecture.mp4"), { seconds: 8, size: "640x360" }));
    const reports = await check(await factory.make(lecture, "240p"));
    expect(reports.map(({ findings }) => findings)).to.deep.equal([[], [], []]);
    expect(reports.map(({ vmaf }) => vmaf === undefined)).to.deep.equal([false, true, true]);
    expect(reports[0]?.vmaf).to.be.within(80, 99.9);
    expect(summarise("240p", reports).vmaf).to.equal(reports[0]?.vmaf);
    const later = await check(await factory.make(lecture, "240p", 1, 1));
    expect(later[0]?.vmaf).to.be.within(80, 99.9);
    const [repackaged] = await check(await factory.make(lecture, "source"));
    expect(repackaged?.vmaf).to.equal(undefined); // it is the source
  });

  it("measures what only FFmpeg can read, on a grid, as well", async () => {
    await run("ffmpeg", ["-y", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25", "-t", "6", "-c:v", "mpeg4", "-q:v", "4", "-g", "25", folder.path("film.avi")]);
    const film = await planFile(folder.path("film.avi"), 0);
    const [report] = await check(await factory.make(film, "180p"));
    expect([film.plan.cut, report?.findings]).to.deep.equal(["grid", []]);
    expect(report?.vmaf).to.be.within(80, 99.9);
  });

  it("finds a segment good that it could not measure", async () => {
    const lecture = await planFile(folder.path("lecture.mp4"));
    await folder.write("broken", Buffer.alloc(0));
    const [report] = await check(await factory.make(lecture, "240p", 0, 0));
    expect([report?.findings, report?.vmaf, report?.ssim?.compared === undefined]).to.deep.equal([[], undefined, false]);
  });
});
