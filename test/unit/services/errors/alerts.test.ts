import { expect } from "chai";
import { alertsOf } from "../../../../services/errors/alerts.ts";
import type { ErrorView } from "../../../../services/errors/errors.contract.ts";

const NOW = Date.UTC(2026, 10, 26, 12);
const at = (ms: number): string => new Date(NOW + ms).toISOString();
const view = (changes: Partial<ErrorView> = {}): ErrorView => ({
  id: "encode_failed-3f9a0c1b2d4e5f60", state: "open", severity: "error", code: "encode_failed", service: "transcoder", action: "transcoder.make", message: "FFmpeg ended with 1", count: 9, lastHour: 2, lastDay: 5,
  firstSeen: at(-7_200_000), lastSeen: at(-60_000), perMinute: [], perHour: [], nodes: ["one", "other"], regions: ["eu"], versions: ["1"], videos: ["01arz3ndektsv4rrffq69g5fav"], sample: { message: "", stack: [], node: "one" }, ...changes,
});
const ends = (changes: Partial<ErrorView>): (string | undefined)[] => alertsOf([view(changes)], "eu", NOW, undefined).map(({ endsAt }) => endsAt);

describe("alerts of errors", () => {
  it("are what Alertmanager's v2 API takes, the same labels for the same group", () => {
    expect(alertsOf([view()], "eu", NOW, "https://lectern.example")).to.deep.equal([{
      labels: { alertname: "LecternError", code: "encode_failed", service: "transcoder", severity: "ticket", region: "eu", error: "encode_failed-3f9a0c1b2d4e5f60" },
      annotations: {
        summary: "transcoder.make fails: FFmpeg ended with 1",
        description: `9 times since ${at(-7_200_000)}, 2 within an hour; open. Nodes: one, other. Videos: 01arz3ndektsv4rrffq69g5fav. npm run ctl -- error encode_failed-3f9a0c1b2d4e5f60`,
      },
      startsAt: at(-7_200_000), endsAt: at(300_000), generatorURL: "https://lectern.example/v1/errors/encode_failed-3f9a0c1b2d4e5f60",
    }]);
    expect(alertsOf([view({ severity: "critical" }), view({ severity: "warning" })], "eu", NOW, undefined).map(({ labels }) => labels["severity"])).to.deep.equal(["page", "ticket"]);
  });

  it("go on while a group is open and was seen within the hour, and end when somebody says so", () => {
    expect(ends({ state: "regressed" })).to.deep.equal([at(300_000)]);
    expect(ends({ lastSeen: at(-3_600_000) })).to.deep.equal([]);
    expect(ends({ state: "resolved", changedAt: at(-1_000) })).to.deep.equal([at(-1_000)]);
    expect(ends({ state: "muted", changedAt: at(-1_000) })).to.deep.equal([at(-1_000)]);
    expect(ends({ state: "resolved", changedAt: at(-600_000) })).to.deep.equal([]);
    const [early] = alertsOf([view({ state: "resolved", firstSeen: at(0), changedAt: at(-5_000) })], "eu", NOW, undefined); // clocks differ
    expect(early?.startsAt).to.equal(early?.endsAt);
  });
});
