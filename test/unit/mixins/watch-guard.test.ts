import { expect } from "chai";
import { tenantMark, type Grant, type Revocations } from "../../../config/access/grants.ts";
import type { Caller } from "../../../config/access/permissions.ts";
import type { VideoAccess } from "../../../config/access/watching.ts";
import { openWatchGuard, type WatchGuard } from "../../../mixins/watch-guard.ts";

const grant: Grant = { videoId: "a", uses: ["play"], linkId: "l", since: 5, tenant: tenantMark("physics"), until: Date.now() + 3_600_000 };
const byLink: Caller = { subject: "link:l", roles: [], grant };
const lecture: VideoAccess = { id: "a", tenant: "physics", visibility: "private", deleted: false };

describe("what a node knows of ended links", () => {
  let time: number;
  let reads: number;
  let stored: Revocations | Error;
  let guard: WatchGuard;
  const allows = (): Promise<boolean> => guard.allows(byLink, lecture, "play");
  /** What was begun beside an answer is done. */
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  beforeEach(() => {
    [time, reads, stored] = [0, 0, { all: 0, links: [] }];
    guard = openWatchGuard(async () => {
      reads++;
      if (stored instanceof Error) throw stored;
      return stored;
    }, () => time);
  });

  it("is asked for once, and not at all for a public video or a key", async () => {
    await guard.allows(byLink, { ...lecture, visibility: "public" }, "play");
    await guard.allows({ subject: "key:1", roles: ["viewer"] }, lecture, "play");
    await guard.allows({ ...byLink, grant: { ...grant, videoId: "b" } }, lecture, "play");
    expect(reads).to.equal(0);
    for (let n = 0; n < 50; n++) expect(await allows()).to.equal(true);
    expect(reads).to.equal(1);
  });

  it("is judged by without waiting where it is young enough, and never by what is not known", async () => {
    const atOnce = (caller: Caller = byLink, video = lecture): boolean => guard.allowsAtOnce(caller, video, "play");
    expect([atOnce(), atOnce(byLink, { ...lecture, visibility: "public" }), atOnce({ subject: "key:1", roles: ["viewer"], tenant: "physics" }), atOnce({ subject: "key:1", roles: ["viewer"], tenant: "arts" })]).to.deep.equal([false, true, true, false]);
    expect(await allows()).to.equal(true);
    expect(atOnce()).to.equal(true);
    time = 9_999;
    expect([atOnce(), reads]).to.deep.equal([true, 2]);
    await settled();
    time = 20_000;
    expect(atOnce()).to.equal(false);
    await settled();
    guard.note("a", { all: 0, links: ["l"] });
    expect(atOnce()).to.equal(false);
  });

  it("holds at once when an event says so", async () => {
    expect(await allows()).to.equal(true);
    guard.note("a", { all: 0, links: ["l"] });
    expect(await allows()).to.equal(false);
    expect(reads).to.equal(1);
  });

  it("is never forgotten for an older word of the store", async () => {
    guard.note("a", { all: 6, links: [] });
    time = 11_000;
    expect(await allows()).to.equal(false);
    expect(reads).to.equal(1);
  });

  it("is read anew within ten seconds where the event was lost: by who plays beside it, by who comes later before the answer", async () => {
    expect(await allows()).to.equal(true);
    stored = { all: 6, links: [] };
    time = 6_000;
    expect(await allows()).to.equal(true);
    await settled();
    expect(await allows()).to.equal(false);
    guard.forget("a");
    stored = { all: 0, links: [] };
    expect(await allows()).to.equal(true);
    stored = { all: 0, links: ["l"] };
    time = 60_000;
    expect(await allows()).to.equal(false);
  });

  it("holds while the store is away, so that who plays goes on; of a video nobody knows about, the store's fault is told", async () => {
    expect(await allows()).to.equal(true);
    stored = new Error("staged");
    time = 60_000;
    expect(await allows()).to.equal(true);
    guard.note("a", { all: 0, links: ["l"] });
    time = 120_000;
    expect(await allows()).to.equal(false);
    guard.forget("a");
    let fault: unknown;
    await allows().catch((error: unknown) => { fault = error; });
    expect(fault).to.equal(stored);
  });
});
