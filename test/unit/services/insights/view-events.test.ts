import { expect } from "chai";
import { fail } from "../../../../config/errors.ts";
import type { KnownVideo } from "../../../../services/insights/known-videos.ts";
import { parseUsageReport, type UsageReport } from "../../../../services/insights/usage-report.ts";
import { MOST_A_SECOND, openViewEvents } from "../../../../services/insights/view-events.ts";

const video = (id: string, tenant: string, course?: string): KnownVideo => ({ access: { id, tenant, visibility: "public", deleted: false }, durationMs: 60_000, ...(course === undefined ? {} : { course }) });
const idOf = (digit: number): string => `01arz3ndektsv4rrffq69g5f${String(digit).padStart(2, "0")}`;
const [FIRST, SECOND, FOREIGN] = [idOf(1), idOf(2), idOf(3)];
const VIDEOS = [video(FIRST, "physics", "optics"), video(SECOND, "physics", "waves"), video(FOREIGN, "arts")];
const report = (more: object = {}): UsageReport => parseUsageReport({ session: "abcdefghij-KLMNOP_1234", seq: 0, ranges: [[0, 7.5, 1.25]], ...more });

describe("events of views", () => {
  let now: number;
  let said: [string, object][];
  let events: ReturnType<typeof openViewEvents>;
  beforeEach(() => {
    [now, said] = [1_000, []];
    events = openViewEvents({
      moved: (event) => said.push(["moved", event]), progressed: (event) => said.push(["progressed", event]), now: () => now,
      async find(id) {
        const found = VIDEOS.find(({ access }) => access.id === id);
        if (found === undefined) throw fail("video_not_found", "staged");
        return found;
      },
    });
  });

  it("say whence somebody came to a video, and where they are in it", async () => {
    await events.start(report({ previous: FIRST }), SECOND, false, 900);
    events.progress(report({ ranges: [[0, 1, 1], [7.5, 20, 2]] }), SECOND);
    events.progress(report({ ranges: [] }), SECOND);
    expect(said).to.deep.equal([["moved", { tenant: "physics", course: "waves", fromVideoId: FIRST, toVideoId: SECOND, at: 900 }], ["progressed", { videoId: SECOND, position: 20, rate: 2 }]]);
  });

  it("name no video before that is another tenant's, this one, or none; and none of who asks not to be followed", async () => {
    for (const previous of [FOREIGN, SECOND, idOf(9)]) await events.start(report({ previous }), SECOND, false, 900);
    await events.start(report({ previous: FIRST }), SECOND, true, 900);
    expect(said.map(([, event]) => event)).to.deep.equal(Array.from({ length: 4 }, () => ({ tenant: "physics", course: "waves", toVideoId: SECOND, at: 900 })));
  });

  it("are so many a second and no more, whatever is reported", async () => {
    const all = async (): Promise<void> => {
      for (let n = 0; n < 3 * MOST_A_SECOND; n++) {
        events.progress(report(), FIRST);
        await events.start(report(), FIRST, false, now);
      }
    };
    await all();
    expect([said.filter(([what]) => what === "moved").length, said.length]).to.deep.equal([MOST_A_SECOND, 2 * MOST_A_SECOND]);
    now += 1_000;
    await all();
    expect(said).to.have.length(4 * MOST_A_SECOND);
  });
});
