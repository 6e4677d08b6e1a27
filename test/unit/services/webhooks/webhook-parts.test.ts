import { createHmac } from "node:crypto";
import { expect } from "chai";
import * as fc from "fast-check";
import type { VideoView } from "../../../../services/videos/videos.contract.ts";
import { goodSecrets, viewEndpoint, type Endpoint } from "../../../../services/webhooks/endpoint-store.ts";
import { errorMessageOf, videoMessages } from "../../../../services/webhooks/messages.ts";
import { MAX_ATTEMPTS, retryDelay } from "../../../../services/webhooks/retry-delay.ts";
import { makeSecret, signedHeaders } from "../../../../services/webhooks/sign-message.ts";
import { MESSAGE_ID } from "../../../../services/webhooks/webhooks.contract.ts";

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 10, 26, 12);

describe("a message's signature", () => {
  it("is that of Standard Webhooks: its published vector", () => {
    expect(signedHeaders("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, "{\"test\": 2432232314}", ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])).to.deep.equal({
      "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp": "1614265330", "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    });
  });

  it("comes once for each secret that is good, over id, time and body", () => {
    const [one, other] = [makeSecret(), makeSecret()];
    expect(Buffer.from(one.slice(6), "base64")).to.have.length(32);
    expect(one).to.not.equal(other);
    const { "webhook-signature": signatures = "" } = signedHeaders("msg_ä", 7, "{}", [one, other]);
    expect(signatures.split(" ")).to.deep.equal([one, other].map((secret) => `v1,${createHmac("sha256", Buffer.from(secret.slice(6), "base64")).update("msg_ä.7.{}").digest("base64")}`));
  });
});

describe("another attempt", () => {
  it("comes later and later, for a day, and then never", () => {
    const delays = Array.from({ length: MAX_ATTEMPTS }, (_, n) => retryDelay(n + 1, undefined, NOW, 0.5));
    expect(delays).to.deep.equal([5_000, 20_000, 80_000, 320_000, 1_280_000, 5_120_000, 20_480_000, 21_600_000, 21_600_000, 21_600_000, undefined]);
    const total = delays.reduce<number>((sum, ms) => sum + (ms ?? 0), 0);
    expect(total).to.be.within(DAY_MS, 1.2 * DAY_MS);
    fc.assert(fc.property(fc.integer({ min: 1, max: MAX_ATTEMPTS - 1 }), fc.double({ min: 0, max: 1, noNaN: true }), (attempts, random) => {
      expect(retryDelay(attempts, undefined, NOW, random)).to.be.within(0.8 * (delays[attempts - 1] ?? 0) - 1, 1.2 * (delays[attempts - 1] ?? 0) + 1);
    }));
  });

  it("waits as long as the endpoint asks for, in seconds or to a date, and half a day at most", () => {
    expect(retryDelay(1, "60", NOW, 0.5)).to.equal(60_000);
    expect(retryDelay(1, new Date(NOW + 90_000).toUTCString(), NOW, 0.5)).to.equal(90_000);
    expect(retryDelay(1, "1", NOW, 0.5)).to.equal(5_000);
    expect(retryDelay(1, "999999999", NOW, 0.5)).to.equal(DAY_MS / 2);
    fc.assert(fc.property(fc.string(), (text) => { expect(retryDelay(1, text, NOW, 0.5)).to.be.within(5_000, DAY_MS / 2); }));
  });
});

describe("an endpoint's secrets", () => {
  const at = (ms: number): string => new Date(ms).toISOString();
  const endpoint = (secrets: Endpoint["secrets"]): Endpoint => ({ record: { id: "wh_1", url: "https://a.example/", events: ["video.ready"], createdAt: at(0) }, secrets, parts: 3 });

  it("are both good for a day after one has taken the other's place, and never shown", () => {
    const rotated = endpoint([{ secret: "whsec_new", at: at(NOW) }, { secret: "whsec_old", at: at(0) }]);
    expect(goodSecrets(rotated, NOW + DAY_MS - 1)).to.deep.equal(["whsec_new", "whsec_old"]);
    expect(goodSecrets(rotated, NOW + DAY_MS)).to.deep.equal(["whsec_new"]);
    expect(viewEndpoint(rotated, NOW)).to.include({ oldSecretUntil: at(NOW + DAY_MS) });
    expect(JSON.stringify(viewEndpoint({ ...rotated, state: { enabled: false, at: at(1), why: "gone" } }, NOW))).to.contain("gone").and.to.not.contain("whsec");
    expect(goodSecrets(endpoint([{ secret: "whsec_only", at: at(NOW) }]), NOW)).to.deep.equal(["whsec_only"]);
  });
});

describe("what is told of a video", () => {
  const view: VideoView = {
    id: "01arz3ndektsv4rrffq69g5fav", status: "ready", title: "Optics", createdAt: "2026-11-26T08:00:00.000Z", source: { kind: "url", url: "https://media.example/secret.mp4?…" }, tenant: "physics", visibility: "private",
    policy: "hybrid", protection: "none", priority: "normal", labels: { course: "p1" }, renditions: [], durationSec: 60,
  };
  const history = { id: view.id, createdAt: view.createdAt, status: view.status, moments: {}, judgedAt: "2026-11-26T08:00:01.000Z", endedAt: "2026-11-26T08:09:00.000Z" };
  const told = (changes: Partial<VideoView>): string[] => videoMessages({ ...view, ...changes }, history, "now").map(({ type }) => type);

  it("is what its state says, each thing under one id, which another end does not share", () => {
    expect(told({})).to.deep.equal(["video.ready"]);
    expect(told({ status: "complete" })).to.deep.equal(["video.ready", "video.complete"]);
    expect(told({ status: "complete", screening: { verdict: "block", public: false, findings: [] } })).to.deep.equal(["video.ready", "video.complete", "video.blocked"]);
    expect(told({ status: "deleted" })).to.deep.equal(["video.deleted"]);
    const { renditions: _, ...unplanned } = view;
    expect(videoMessages({ ...unplanned, status: "rejected" }, history, "now").map(({ type }) => type)).to.deep.equal(["video.rejected"]);
    const ids = (endedAt: string): string[] => videoMessages({ ...view, status: "failed" }, { ...history, endedAt }, "now").map(({ id }) => id);
    expect(ids(history.endedAt)).to.deep.equal(ids(history.endedAt));
    expect(ids(history.endedAt)[1]).to.not.equal(ids("2026-11-26T09:00:00.000Z")[1]);
    for (const id of ids(history.endedAt)) expect(id).to.match(new RegExp(MESSAGE_ID));
  });

  it("names neither its source nor a way to watch it, and has none of its poster's words", () => {
    const [message] = videoMessages({ ...view, status: "failed", reasons: [{ class: "corrupt", message: "It is torn.", at: 7 }] }, history, "now").slice(1);
    expect(message?.data).to.deep.equal({ id: view.id, status: "failed", durationSec: 60, tenant: "physics", reasons: [{ class: "corrupt", message: "It is torn." }] });
    expect(videoMessages({ ...view, status: "deleted" }, undefined, "now")[0]?.data).to.deep.equal({ id: view.id, status: "deleted", tenant: "physics" });
  });

  it("of an error has an id for each time that it is news", () => {
    const news = { id: "encode_failed-3f9a0c1b2d4e5f60", state: "open" as const, severity: "error" as const, code: "encode_failed", service: "transcoder", action: "transcoder.make", message: "x", count: 1, firstSeen: "2026-11-26T08:00:00.000Z", lastSeen: "2026-11-26T08:00:00.000Z", region: "eu", nodes: ["one"] };
    expect(errorMessageOf("error.opened", news).id).to.match(new RegExp(MESSAGE_ID));
    expect(errorMessageOf("error.regressed", news).id).to.not.equal(errorMessageOf("error.regressed", { ...news, lastSeen: "2026-11-26T09:00:00.000Z" }).id);
  });
});
