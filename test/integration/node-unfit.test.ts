/** FFmpeg breaks on one node of several: it is found out, what was on it is made elsewhere, and the node comes back by itself. */
import { chmod, rename, writeFile } from "node:fs/promises";
import { expect } from "chai";
import { ServiceBroker } from "moleculer";
import { brokerOptions } from "../../config/broker-options.ts";
import { loadConfig } from "../../config/config.ts";
import { SERVICES } from "../../config/services.ts";
import { findProgram, programFolders } from "../../bin/start/program.ts";
import type { NodeView } from "../../services/node/node.contract.ts";
import { api, type Api } from "../support/api.ts";
import { openFolder, type Folder } from "../support/cmaf-media.ts";
import { eventually } from "../support/eventually.ts";
import type { LecternProcess } from "../support/lectern-process.ts";
import { makeAvi } from "../support/lectures.ts";
import { joinMesh, leaveMesh, startMesh, type Mesh } from "../support/mesh.ts";
import { expectExact, videoRenditions } from "../support/viewer.ts";

const SECONDS = 24;

describe("a node whose FFmpeg breaks", function () {
  this.timeout(120_000);
  let folder: Folder;
  let mesh: Mesh;
  let lectern: Api;
  let operator: ServiceBroker;
  const nodes: LecternProcess[] = [];
  before(async () => {
    folder = await openFolder();
    await replaceFfmpeg('exec "$FFMPEG" "$@"');
    mesh = await startMesh({ settings: { LECTERN_SERVICES: SERVICES.filter((name) => name !== "transcoder").join(",") } });
    lectern = api(mesh.httpUrl);
    nodes.push(await join("well", {}));
    nodes.push(await join("ill", { LECTERN_FFMPEG: folder.path("ffmpeg"), LECTERN_SANDBOX: "limits" }));
    const config = loadConfig({ LECTERN_NATS_URL: mesh.natsUrl, LECTERN_MESH_SECRET: mesh.meshSecret, LECTERN_NODE_ID: "test-operator" });
    operator = new ServiceBroker({ ...brokerOptions(config), logger: false, skipProcessEventRegistration: true });
    await operator.start();
    await eventually(async () => (await stateOf("ill").catch(() => undefined)) !== undefined);
  });
  after(async () => {
    await operator?.stop();
    for (const node of nodes) await leaveMesh(node);
    await mesh?.stop();
    await folder?.remove();
  });

  const join = (id: string, settings: Record<string, string>): Promise<LecternProcess> => joinMesh(mesh, ["--services", "transcoder", "--node-id", id, "--slots", "1"], settings);
  const stateOf = (nodeID: string): Promise<NodeView> => operator.call<NodeView, object>("node.state", {}, { nodeID, timeout: 2_000, retries: 0 });
  /** In one step: a node may be starting it. */
  async function replaceFfmpeg(line: string): Promise<void> {
    const program = findProgram("ffmpeg", programFolders(process.env["PATH"])) ?? "";
    await writeFile(folder.path("ffmpeg.new"), `#!/bin/sh\nFFMPEG=${program}\n${line}\n`);
    await chmod(folder.path("ffmpeg.new"), 0o755);
    await rename(folder.path("ffmpeg.new"), folder.path("ffmpeg"));
  }
  async function post(name: string, size: string, policy: string): Promise<string> {
    const { uploadId } = await lectern.upload(await makeAvi(folder.path(name), { seconds: SECONDS, size }));
    return (await lectern.post({ uploadId, policy })).id;
  }

  const breaks = [
    { what: "crashes", line: "kill -SEGV $$", why: /^FFmpeg fails on a picture of its own/ },
    { what: "hangs", line: "exec sleep 1000", why: /^FFmpeg hangs/ },
  ];
  for (const [index, { what, line, why }] of breaks.entries()) {
    it(`and ${what}: viewers notice nothing, the work is done, and it is back when FFmpeg is`, async () => {
      const id = await post(`${what}.avi`, `${480 + 16 * index}x360`, "eager");
      const [rendition = ""] = await videoRenditions(lectern, id);
      await replaceFfmpeg(line);
      const brokenAt = performance.now();
      // Calls go to the two by turns: four segments that nobody has are a try at each.
      for (const segment of [2, 3, 4, 5]) {
        const answer = await lectern.segment(id, rendition, segment);
        expect([segment, answer.status]).to.deep.equal([segment, 200]);
        expect((await answer.arrayBuffer()).byteLength).to.be.above(1_000);
      }
      console.log(`      viewers had four segments after ${((performance.now() - brokenAt) / 1000).toFixed(1)} s`);
      const ill = await eventually(async () => { const view = await stateOf("ill"); return view.state === "quarantined" ? view : undefined; });
      console.log(`      quarantined after ${((Date.parse(ill.since) - performance.timeOrigin - brokenAt) / 1000).toFixed(1)} s`);
      expect(ill).to.include({ accepting: false });
      expect(ill.reasons[0]).to.include({ code: "ffmpeg" });
      expect(ill.reasons[0]?.message).to.match(why);
      expect(await stateOf("well")).to.include({ state: "active" });
      await lectern.until(id, "complete");
      const { quality } = await lectern.get(id);
      expect(JSON.stringify(quality)).to.not.include("refused\":[{");
      await expectExact(mesh.httpUrl, lectern, id, SECONDS * 25);
      await replaceFfmpeg('exec "$FFMPEG" "$@"');
      await eventually(async () => (await stateOf("ill")).state === "active");
    });
  }

  it("is not blamed for what a source makes fail", async () => {
    await writeFile(folder.path("torn.avi"), "RIFF....AVI LIST");
    const { uploadId } = await lectern.upload(folder.path("torn.avi"));
    await lectern.until((await lectern.post({ uploadId })).id, "rejected");
    for (const name of ["ill", "well"]) expect(await stateOf(name)).to.include({ state: "active" });
  });
});
