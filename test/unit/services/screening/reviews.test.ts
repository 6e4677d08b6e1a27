import { expect } from "chai";
import type { Caller, Role } from "../../../../config/access/permissions.ts";
import { fail, findErrorCode } from "../../../../config/errors.ts";
import { screeningPolicy } from "../../../../mixins/screening-policy/policy.ts";
import { openBlockLists } from "../../../../services/screening/block-lists.ts";
import { openReviews } from "../../../../services/screening/reviews.ts";
import type { Review, VideoState } from "../../../../services/videos/videos.contract.ts";
import { memoryStorageCalls } from "../../../support/memory-storage-calls.ts";
import { rejection } from "../../../support/rejection.ts";
import { makeRecord } from "../../../support/sample-record.ts";
import { stagedPlan } from "../../../support/staged-plan.ts";

const AT = "2026-01-01T00:00:00.000Z";
const key = (tenant?: string, ...roles: Role[]): Caller => ({ subject: `key:${tenant ?? "all"}`, roles: roles.length > 0 ? roles : ["operator"], ...(tenant === undefined ? {} : { tenant }) });
const video = (id: string, tenant: string, changes: Partial<VideoState> = {}): VideoState => ({
  record: makeRecord({ id, tenant, screening: "publish-first", title: id }), plan: stagedPlan(4), deleted: false,
  screening: { verdict: "review", at: AT, findings: [{ code: "flashes", message: "It flashes.", verdict: "review", frames: [10] }, { code: "silent", message: "", verdict: "pass" }], hashes: [{ at: 1, hash: "ab".repeat(32), detail: 90 }], print: "cd".repeat(32), cost: { seconds: 1, frames: 2, bytes: 3 } },
  ...changes,
});

describe("reviews", () => {
  let videos: Map<string, VideoState>;
  let storage: ReturnType<typeof memoryStorageCalls>;
  let lists: ReturnType<typeof openBlockLists>;
  let reviews: ReturnType<typeof openReviews>;

  beforeEach(async () => {
    videos = new Map([["a", video("a", "physics")], ["b", video("b", "arts")], ["c", video("c", "physics")]]);
    storage = memoryStorageCalls();
    lists = openBlockLists(storage);
    reviews = openReviews({
      storage, lists, state: async (id) => videos.get(id) ?? null, policy: () => screeningPolicy({ tenants: { arts: { reviewers: ["admin"] } } }), now: () => new Date(AT),
      async keep(id, review: Review) {
        const state = videos.get(id);
        if (state === undefined || state.review !== undefined) throw fail("conflict", "staged");
        videos.set(id, { ...state, review });
      },
    });
    for (const state of videos.values()) await reviews.mark(state);
  });
  const idsOf = async (caller?: Caller): Promise<string[]> => (await reviews.list({}, caller)).reviews.map(({ id }) => id);
  const codeOf = async (work: Promise<unknown>): Promise<string | undefined> => findErrorCode(await rejection(work, "a refusal"));

  it("are listed to whoever reaches their tenant, page by page", async () => {
    expect(await idsOf(key())).to.have.members(["a", "b", "c"]);
    expect(await idsOf(key("physics"))).to.deep.equal(["a", "c"]);
    expect(await idsOf(key("chemistry"))).to.deep.equal([]);
    const first = await reviews.list({ limit: 1 }, key("physics"));
    const second = await reviews.list({ limit: 1, cursor: first.next ?? "" }, key("physics"));
    expect([...first.reviews, ...second.reviews].map(({ id }) => id)).to.deep.equal(["a", "c"]);
    expect((await reviews.list({ cursor: "reviews/arts/" }, key("physics"))).reviews.map(({ id }) => id), "a cursor of another tenant").to.deep.equal(["a", "c"]);
  });

  it("say why, and leave out what needs nobody", async () => {
    expect((await reviews.view("a", key("physics"))).evidence).to.deep.equal([{ n: 0, at: Math.round((1000 * 10) / stagedPlan(4).facts.video.timescale) / 1000, codes: ["flashes"] }]);
    expect((await reviews.list({}, key("physics"))).reviews[0]?.reasons).to.deep.equal([{ code: "flashes", message: "It flashes." }]);
  });

  it("are nobody else's: another tenant's video is not there", async () => {
    for (const work of [reviews.view("a", key("arts")), reviews.findFrame("a", 0, key("arts")), reviews.decide({ id: "a", verdict: "pass" }, key("arts"))]) expect(await codeOf(work)).to.equal("video_not_found");
    expect(videos.get("a")?.review).to.equal(undefined);
    expect(await codeOf(reviews.findFrame("a", 1, key()))).to.equal("not_found");
  });

  it("end with one word, which is kept with whose it is", async () => {
    await reviews.decide({ id: "a", verdict: "pass", note: "fine" }, key("physics"));
    expect(videos.get("a")?.review).to.deep.equal({ verdict: "pass", at: AT, by: "key:physics", note: "fine" });
    expect(await codeOf(reviews.decide({ id: "a", verdict: "block" }, key("physics")))).to.equal("conflict");
    expect(await idsOf(key("physics"))).to.deep.equal(["c"]);
    expect([...storage.objects.keys()].filter((name) => name.startsWith("blocked/"))).to.deep.equal([]);
  });

  it("put what is blocked on the tenant's list, before it is blocked", async () => {
    await reviews.decide({ id: "a", verdict: "block" }, key());
    const found = (tenant: string) => lists.find(tenant, [], { sha256: undefined, print: "cd".repeat(32), frames: [] });
    expect((await found("physics")).map(({ code }) => code)).to.deep.equal(["listed_bytes"]);
    expect(await found("arts")).to.deep.equal([]);
    expect(storage.calls.findIndex((call) => call === "put blocked/physics/a.json")).to.be.below(storage.calls.findIndex((call) => call === "remove reviews/physics/a"));
  });

  it("take the list back when another's pass came first", async () => {
    const racing = openReviews({
      storage, lists, state: async (id) => videos.get(id) ?? null, policy: () => screeningPolicy({}), now: () => new Date(AT),
      async keep(id) {
        videos.set(id, video(id, "physics", { review: { verdict: "pass", at: AT, by: "other" } }));
        throw fail("conflict", "staged");
      },
    });
    expect(await codeOf(racing.decide({ id: "a", verdict: "block" }, key()))).to.equal("conflict");
    expect([...storage.objects.keys()].filter((name) => name.startsWith("blocked/"))).to.deep.equal([]);
  });

  it("are decided by the roles that the tenant's policy names", async () => {
    expect(await codeOf(reviews.decide({ id: "b", verdict: "pass" }, key("arts", "operator")))).to.equal("forbidden");
    await reviews.decide({ id: "b", verdict: "pass" }, key("arts", "admin"));
  });

  it("forget marks of videos that are gone or decided, and wait for those whose screening is only being written", async () => {
    videos.delete("a");
    videos.set("c", video("c", "physics", { review: { verdict: "pass", at: AT, by: "x" } }));
    const { screening: _none, ...unscreened } = video("b", "arts");
    videos.set("b", unscreened);
    expect(await idsOf(key())).to.deep.equal([]);
    expect([...storage.objects.keys()]).to.deep.equal(["reviews/arts/b"]);
    expect(await codeOf(reviews.view("b", key()))).to.equal("conflict");
  });
});
