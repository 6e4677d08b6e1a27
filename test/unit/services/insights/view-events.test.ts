import { expect } from "chai";
import { fail } from "../../../../config/errors.ts";
import type { KnownVideo } from "../../../../services/insights/known-videos.ts";
import { parseUsageReport, type UsageReport } from "../../../../services/insights/usage-report.ts";
import { MOST_A_SECOND, openViewEvents } from "../../../../services/insights/view-events.ts";

const video = (id: string, tenant: string, course?: string): KnownVideo => ({ access: { id, tenant, visibility: "public", deleted: false }, durationMs: 60_000, ...(course === undefined ? {} : { course }) });
const idOf = (digit: number): string => `01arz3ndektsv4rrffq69g5f${String(digit).padStart(2, "0")}`;
const [FIRST, SECOND, FOREIGN] = [video(idOf(1), "physics", "optics"), video(idOf(2), "physics", "waves"), video(idOf(3), "arts")];
const report = (session: number, more: object = {}): UsageReport => parseUsageReport({ session: `session-${String(session).padStart(12, "0")}`, seq: 0, ranges: [[0, 7.5, 1.25]], ...more });

describe("events of views", () => {
  let now: number;
  let said: [string, object][];
  let events: ReturnType<typeof openViewEvents>;
  beforeEach(() => {
    [now, said] = [1_000, []];
    events = openViewEvents({
      moved: (event) => said.push(["moved", event]), progressed: (event) => said.push(["progressed", event]), now: () => now,
      async find(id) {
        const found = [FIRST, SECOND, FOREIGN].find(({ access }) => access.id === id);
        if (found === undefined) throw fail("video_not_found", "staged");
        return found;
      },
    });
  });
  const moves = (): object[] => said.filter(([what]) => what === "moved").map(([, event]) => event);

  it("say of each session once whence it came, and at each report where it is", async () => {
    await events.note(report(1, { previous: idOf(1) }), SECOND, false);
    await events.note(report(1, { seq: 1, ranges: [[7.5, 20, 2]], previous: idOf(1) }), SECOND, false);
    expect(said).to.deep.equal([
      ["progressed", { videoId: idOf(2), position: 7.5, rate: 1.25 }], ["moved", { tenant: "physics", course: "waves", fromVideoId: idOf(1), toVideoId: idOf(2), at: 1_000 }],
      ["progressed", { videoId: idOf(2), position: 20, rate: 2 }],
    ]);
  });

  it("name no video before that is another tenant's, this one, or none; and none of who asks not to be followed", async () => {
    await events.note(report(1, { previous: idOf(3) }), SECOND, false);
    await events.note(report(2, { previous: idOf(2) }), SECOND, false);
    await events.note(report(3, { previous: idOf(9) }), SECOND, false);
    await events.note(report(4, { previous: idOf(1) }), SECOND, true);
    expect(moves()).to.deep.equal(Array.from({ length: 4 }, () => ({ tenant: "physics", course: "waves", toVideoId: idOf(2), at: 1_000 })));
  });

  it("are not said of who has watched nothing", async () => {
    await events.note(report(1, { ranges: [] }), FIRST, false);
    expect(said).to.deep.equal([]);
  });

  it("are so many a second and no more, whatever is reported", async () => {
    for (let session = 0; session < 3 * MOST_A_SECOND; session++) await events.note(report(session), FIRST, false);
    expect([moves().length, said.length]).to.deep.equal([MOST_A_SECOND, 2 * MOST_A_SECOND]);
    now += 1_000;
    await events.note(report(9_999), FIRST, false);
    expect(moves()).to.have.length(MOST_A_SECOND + 1);
  });
});
