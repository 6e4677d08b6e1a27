import { expect } from "chai";
import { openHttp } from "../../../clients/typescript/src/http.ts";
import { LecternError } from "../../../clients/typescript/src/lectern-error.ts";
import { rejection } from "../../support/rejection.ts";

interface Sent { url: string; init: RequestInit }

describe("the client's requests", () => {
  const busy = (): Response => new Response('{"code":"overloaded","detail":"Later.","requestId":"r1"}', { status: 503, headers: { "Retry-After": "0" } });
  const good = (): Response => Response.json({ id: "1" });

  function serve(...answers: (() => Response)[]): { sent: Sent[]; fetch: typeof fetch } {
    const sent: Sent[] = [];
    return { sent, fetch: async (url, init = {}) => {
      sent.push({ url: String(url), init });
      return (answers.length > 1 ? answers.shift() : answers[0])?.() ?? good();
    } };
  }
  const broken = (): Response => { throw new TypeError("fetch failed"); };

  it("carry the key, and what they have as JSON", async () => {
    const { sent, fetch } = serve(good);
    await openHttp({ url: "http://gateway/", key: "lectern_x", fetch }).json("/v1/videos", { method: "POST", body: { url: "u" } });
    expect(sent[0]?.url).to.equal("http://gateway/v1/videos");
    expect(sent[0]?.init).to.deep.include({ method: "POST", body: '{"url":"u"}', headers: { "Authorization": "Bearer lectern_x", "Content-Type": "application/json" } });
  });

  it("are made again when they were refused for now, and not more often than is said", async () => {
    const { sent, fetch } = serve(busy, busy, good);
    expect(await openHttp({ url: "http://gateway", fetch }).json("/v1/videos/1")).to.deep.equal({ id: "1" });
    expect(sent).to.have.length(3);
    const always = serve(busy);
    const error = await rejection(openHttp({ url: "http://gateway", retries: 1, fetch: always.fetch }).json("/v1/videos/1"), "what is busy");
    expect(error).to.be.instanceOf(LecternError).and.deep.include({ status: 503, code: "overloaded", requestId: "r1", retryAfterSec: 0, message: "Later." });
    expect(always.sent).to.have.length(2);
  });

  it("that broke off are made again only where that changes nothing twice", async () => {
    for (const [asked, times] of [[{}, 2], [{ method: "DELETE" }, 2], [{ method: "POST", body: {}, headers: { "Idempotency-Key": "k" } }, 2], [{ method: "POST", body: {} }, 1], [{ method: "POST", body: new Uint8Array(1), headers: { "Idempotency-Key": "k" } }, 1]] as const) {
      const { sent, fetch } = serve(broken, good);
      await openHttp({ url: "http://gateway", fetch }).ask("/v1/videos", asked).catch(() => undefined);
      expect(sent, JSON.stringify(asked)).to.have.length(times);
    }
  });

  it("end with the problem that was answered, or with what a proxy in between made of it", async () => {
    const refused = serve(() => new Response('{"code":"video_not_found","detail":"There is no such video."}', { status: 404 }));
    expect(await rejection(openHttp({ url: "http://gateway", fetch: refused.fetch }).ask("/v1/videos/1"), "a problem")).to.deep.include({ status: 404, code: "video_not_found" });
    const page = serve(() => new Response("<html>Bad gateway</html>", { status: 502 }));
    expect(await rejection(openHttp({ url: "http://gateway", retries: 0, fetch: page.fetch }).ask("/v1/videos/1"), "a problem")).to.deep.include({ status: 502, code: "unknown", message: "The server answered 502." });
  });
});
