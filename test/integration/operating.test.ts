/** An operator at work: a lane is paused while a video is made, by `ctl`, over HTTP and at the REPL. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import type { Answers } from "../../services/operator/operator.contract.ts";
import { api, type Api } from "../support/api.ts";
import { openFolder, type Folder } from "../support/cmaf-media.ts";
import { eventually } from "../support/eventually.ts";
import { makeLecture } from "../support/lectures.ts";
import { openLectern } from "../support/lectern-process.ts";
import { startMesh, type Mesh } from "../support/mesh.ts";
import { bareEnvironment } from "../support/start-process.ts";
import { startOrigin, type TestOrigin } from "../support/test-origin.ts";

const program = (name: string): string => fileURLToPath(new URL(`../../bin/${name}.ts`, import.meta.url));

describe("operating a mesh", function () {
  this.timeout(60_000);
  let folder: Folder;
  let origin: TestOrigin;
  let mesh: Mesh;
  let lectern: Api;
  let id: string;

  before(async () => {
    folder = await openFolder();
    await makeLecture(folder.path("lecture.mp4"), { seconds: 6, size: "640x360" });
    origin = await startOrigin({ dir: folder.path("") });
    mesh = await startMesh({ settings: { LECTERN_SOURCE_ALLOW: origin.hostPort } });
    lectern = api(mesh.httpUrl);
  });
  after(async () => {
    await mesh?.stop();
    await origin?.stop();
    await folder?.remove();
  });

  const environment = (): NodeJS.ProcessEnv => ({ ...bareEnvironment(), LECTERN_DATA: mesh.dataDir, HOME: folder.path("") });
  const ctl = (...args: string[]): Promise<{ code: number; out: string; err: string }> => new Promise((resolve) => {
    const child = execFile(process.execPath, [program("ctl"), ...args], { env: environment() }, (_, out, err) => resolve({ code: child.exitCode ?? -1, out, err }));
  });
  const json = async <Name extends keyof Answers>(name: Name, ...args: string[]): Promise<Answers[Name]> => JSON.parse((await ctl(name, ...args, "--json")).out) as Answers[Name];

  it("holds a lane back by ctl, and shows what waits and why", async () => {
    expect(await ctl("pause", "normal")).to.deep.equal({ code: 0, out: "Lane normal is paused: 0 wait, 0 go on.\n", err: "" });
    ({ id } = await lectern.post({ url: `${origin.url}/lecture.mp4`, policy: "eager", tenant: "school" }));
    await lectern.until(id, "ready");
    const waiting = await eventually(async () => {
      const { counts, jobs } = await json("video", id);
      return counts.waiting > 0 && jobs;
    });
    expect(waiting.every(({ lane, group, tenant }) => lane !== "play" && group === id && tenant === "school")).to.equal(true);
    const { lanes, tenants } = await json("queue");
    expect(lanes.normal).to.include({ paused: true, active: 0 }).and.to.have.property("oldestMs");
    expect(tenants.map(({ tenant }) => tenant)).to.deep.equal(["school"]);
    const why = await eventually(async () => {
      const told = await json("why", id);
      return told.parts[0]?.name === "waiting" && told;
    });
    expect(why.sentence).to.match(/^\d+ % waiting in lane normal behind \d+ chunks?; the lane is paused\.$/);
    expect((await ctl("why", id)).out).to.contain(why.queue?.lane ?? "?").and.to.match(/submitted\n.*validated\n.*planned/);
  });

  it("says the same over HTTP as ctl's JSON", async () => {
    const { nodes } = (await (await fetch(`${mesh.httpUrl}/v1/nodes`)).json()) as Answers["nodes"];
    const [node] = nodes;
    expect(node).to.deep.include({ available: true, gateway: true, region: "local" }).and.to.have.nested.property("slots.total").that.is.greaterThan(0);
    expect((await json("nodes")).nodes.map((one) => one.id)).to.deep.equal(nodes.map((one) => one.id));
    expect((await json("regions")).regions).to.have.lengthOf(1);
    expect(await json("dead")).to.deep.equal(await (await fetch(`${mesh.httpUrl}/v1/queue/dead`)).json());
  });

  it("answers at the REPL, where help names every command, and a fault does not end it", async () => {
    const repl = openLectern([program("repl")], environment(), "pipe");
    await repl.waitFor(/lectern\$/);
    const type = (line: string): boolean => repl.child.stdin?.write(`${line}\n`) ?? false;
    type("help");
    await repl.waitFor(/why [\s\S]*Where a video's time went/);
    type("nodes");
    await repl.waitFor(/node +region +state[\s\S]*local/);
    type(`why ${id}`);
    await repl.waitFor(/waiting in lane normal/);
    type("drain nobody");
    await repl.waitFor(/There is no such node\. \(node_not_found\)/);
    type("pause fast");
    type("resume normal --json");
    await repl.waitFor(/"paused": false/);
    type(".exit");
    expect((await repl.exited).code).to.equal(0);
    expect(repl.output()).to.not.contain("already exists");
  });

  it("shows what became of it when the lane goes on", async () => {
    await lectern.until(id, "complete");
    const why = await json("why", id);
    expect(why.steps.map(({ name }) => name)).to.include.members(["submitted", "validated", "first segment stored", "complete"]);
    expect(why.queue).to.deep.include({ active: 0, waiting: 0, failures: 0 });
    const nodes = (await json("nodes")).nodes.filter(({ services }) => services.includes("transcoder"));
    expect(why.queue?.nodes.map(({ node }) => node)).to.deep.equal(nodes.map((node) => node.id));
    expect(why.parts.reduce((sum, { ms }) => sum + ms, 0)).to.be.within(why.totalMs - 5, why.totalMs + 5);
  });

  it("ends with 1 and a line for what is refused, with 2 for what was never meant", async () => {
    expect(await ctl("retry", id)).to.deep.equal({ code: 1, out: "", err: "The video is complete: there is nothing to retry. (conflict)\n" });
    expect(await ctl("drain", "nobody")).to.deep.equal({ code: 1, out: "", err: "There is no such node. (node_not_found)\n" });
    expect((await ctl("pause", "fast")).code).to.equal(2);
    expect((await ctl("nodes", "--url", "http://127.0.0.1:9")).code).to.equal(1);
    expect(await ctl("--help")).to.include({ code: 0, err: "" });
  });
});
