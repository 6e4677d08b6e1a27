/** `npm run add -- --private`, against a gateway that asks for keys. */
import { expect } from "chai";
import { addVideo } from "../../bin/add/add-video.ts";
import type { VideoEventPayload } from "../../services/videos/videos.contract.ts";
import type { Context } from "moleculer";
import { startPrivateMesh, type PrivateMesh } from "../support/private-mesh.ts";
import { accepted, stagedFacts, stagedPlan } from "../support/staged-plan.ts";

describe("npm run add of a private video", function () {
  this.timeout(30_000);
  let mesh: PrivateMesh;
  before(async () => {
    mesh = await startPrivateMesh();
    mesh.gateway.createService({ name: "looks", events: { async "video.submitted"(ctx: Context<VideoEventPayload>) {
      const { videoId: id } = ctx.params;
      await ctx.call("videos.settle", { id, verdict: accepted(stagedFacts(20)) });
      await ctx.call("videos.planned", { id, plan: stagedPlan(20) });
    } } });
    await mesh.gateway.waitForServices(["looks"], 5_000);
  });
  after(() => mesh.stop());

  it("plays it by a link, and shows that", async () => {
    let said = "";
    const options = { private: true, wait: false };
    expect(await addVideo({ url: mesh.url, key: "submitter" }, "https://media.example/lecture.mp4", options, { write: (text: string) => { said += text; } }, "unused")).to.equal(0);
    const page = /watch +(\S+)/.exec(said)?.[1] ?? "";
    expect(page).to.match(/\/watch\/~[\w-]{56}\/[0-9a-z]{26}$/);
    expect(said).to.include("First picture and sound").and.include("is private");
    expect((await mesh.ask(page)).status).to.equal(200);
    const plain = page.replace(/~[\w-]+\//, "").replace("/watch/", "/v1/videos/");
    expect((await mesh.ask(plain)).status).to.equal(404);
  });
});
