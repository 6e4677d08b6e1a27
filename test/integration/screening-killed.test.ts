/** The node dies with SIGKILL in the midst of a screening whose classifier hangs. It is screened all the same, and nothing is left running. */
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { api } from "../support/api.ts";
import { openFolder, type Folder } from "../support/cmaf-media.ts";
import { eventually } from "../support/eventually.ts";
import { findProcesses } from "../support/lectern-process.ts";
import { makeLecture } from "../support/lectures.ts";
import { startMesh, type Mesh } from "../support/mesh.ts";

const HANGING = fileURLToPath(new URL("../support/classifiers/hanging.ts", import.meta.url));

describe("a screening, when its node is killed", function () {
  this.timeout(180_000);
  let folder: Folder;
  let mesh: Mesh;

  before(async () => {
    folder = await openFolder();
    await writeFile(folder.path("policy.yaml"), `default: { classify: true }\nclassifier: { name: ${HANGING}, timeoutSec: 6 }\n`);
    await makeLecture(folder.path("a.mp4"), { seconds: 8, size: "320x180" });
    mesh = await startMesh({ settings: { LECTERN_SCREENING_POLICY: folder.path("policy.yaml") } });
  });
  after(async () => {
    await mesh?.stop();
    await folder?.remove();
  });

  it("is done once more, and what could not be seen has not passed", async () => {
    const lectern = api(mesh.httpUrl);
    const { uploadId } = await lectern.upload(folder.path("a.mp4"));
    const { id } = await lectern.post({ uploadId });
    const [classifier = 0] = await eventually(() => { const found = findProcesses(HANGING); return found.length > 0 && found; });
    process.kill(mesh.nodePid(), "SIGKILL");
    await eventually(() => !findProcesses(HANGING).includes(classifier));
    const screening = await eventually(async () => {
      const answer = await fetch(`${mesh.httpUrl}/v1/videos/${id}`).catch(() => undefined); // until the node is back
      const body = answer?.ok === true ? ((await answer.json()) as { screening?: { verdict: string; findings: { message: string }[] } }) : undefined;
      return body?.screening?.verdict !== "pending" && body?.screening;
    });
    expect(screening.verdict).to.equal("review");
    expect(screening.findings.map(({ message }) => message)).to.deep.equal(["The picture could not be classified. The classifier did not end within 6 s."]);
    await eventually(() => findProcesses(HANGING).length === 0);
    expect((await lectern.playlist(id)).startsWith("#EXTM3U")).to.equal(true);
  });
});
