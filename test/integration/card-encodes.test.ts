/** A mesh whose graphics card encodes. The card is a stand-in: an FFmpeg that has libx264 do what NVENC is asked for, with three reference frames. */
import { chmod } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { api, type Api } from "../support/api.ts";
import { openFolder, run, type Folder } from "../support/cmaf-media.ts";
import { openLectern } from "../support/lectern-process.ts";
import { startMesh, type Mesh } from "../support/mesh.ts";
import { bareEnvironment } from "../support/start-process.ts";

const START = fileURLToPath(new URL("../../bin/start.ts", import.meta.url));
const STAND_IN = `#!/bin/sh
before=
for argument do
  shift
  case "$before $argument" in
    "-c:v"*" h264_nvenc") argument=libx264 ;;
    "-preset"*" p4") argument=medium ;;
    "-tune"*" hq") argument=film ;;
    "-sc_threshold"*" 1") argument=0 ;;
    *" -cq"*) argument="-crf\${argument#-cq}" ;;
    *" -no-scenecut"*) argument="-sc_threshold\${argument#-no-scenecut}" ;;
  esac
  before=$argument
  set -- "$@" "$argument"
done
exec ffmpeg "$@"
`;

describe("a mesh with graphics cards", function () {
  this.timeout(90_000);
  let folder: Folder;
  let mesh: Mesh;
  let lectern: Api;

  before(async () => {
    folder = await openFolder();
    const program = await folder.write("ffmpeg", Buffer.from(STAND_IN));
    await chmod(program, 0o755);
    await run("ffmpeg", ["-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=25:duration=5", "-c:v", "mpeg4", "-q:v", "4", "-g", "25", "-y", folder.path("film.avi")]);
    mesh = await startMesh({ settings: { LECTERN_ENCODER: "nvenc", LECTERN_FFMPEG: program, LECTERN_SANDBOX: "limits" } });
    lectern = api(mesh.httpUrl);
  });
  after(async () => {
    await mesh?.stop();
    await folder?.remove();
  });

  it("encodes with them all but the lowest rung, for viewers and in the background, and finds it good", async () => {
    expect(mesh.nodeLog()).to.include("Video is encoded as h264 by h264_nvenc, and its lowest rung by libx264.");
    const { id } = await lectern.post({ uploadId: (await lectern.upload(folder.path("film.avi"))).uploadId });
    const references = async (rendition: string, number: number): Promise<string> => /x264 - core .* (ref=\d) /.exec(await (await lectern.segment(id, rendition, number)).text())?.[1] ?? "none";
    await lectern.playlist(id);
    const forViewers = [await references("720p", 0), await references("360p", 0)];
    const { quality } = await lectern.until(id, "complete");
    // The encoder signs the first picture of each run, and which segments a run makes together is the scheduler's.
    const stored = async (rendition: string): Promise<string[]> => [...new Set(await Promise.all([0, 1, 2].map((number) => references(rendition, number))))].filter((found) => found !== "none");
    expect(forViewers).to.deep.equal(["ref=3", "ref=1"]);
    expect([await stored("720p"), await stored("360p")]).to.deep.equal([["ref=3"], ["ref=1"]]);
    expect(quality?.renditions.map(({ name, checkedSegments, madeAgain }) => `${name}: ${checkedSegments}, ${madeAgain} anew`)).to.have.members(["720p: 3, 0 anew", "360p: 3, 0 anew"]);
  });

  it("has no node whose card does not work: it says so in one sentence, and ends", async () => {
    const lectern = openLectern([START], { ...bareEnvironment(), LECTERN_DATA: folder.path("data"), LECTERN_HTTP_PORT: "0", LECTERN_ENCODER: "nvenc" });
    expect((await lectern.exited).code).to.equal(1);
    expect(lectern.output().trim().split("\n").at(-1)).to.match(/^The node did not start: LECTERN_ENCODER is nvenc, and h264_nvenc does not work here: [^[]+ \(log: \S+\)$/);
  });
});
