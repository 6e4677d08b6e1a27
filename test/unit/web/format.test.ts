import { expect } from "chai";
import type { VideoStatus } from "../../../services/videos/videos.contract.ts";

/** What a page imports; written in JavaScript, because browsers read it as it is. */
interface Format {
  formatDuration(seconds: number): string;
  formatWait(seconds: number): string;
  formatDate(iso: string): string;
  formatRate(bitsPerSec: number): string;
  videoName(video: { id: string; title?: string; source?: { kind: string; url?: string } }): string;
  STATUS_WORDS: Record<string, string>;
}
const STATUSES: Record<VideoStatus, true> = { submitted: true, rejected: true, ready: true, complete: true, failed: true, deleted: true };

describe("words of the pages", () => {
  let format: Format;
  before(async () => { format = (await import(new URL("../../../web/format.js", import.meta.url).href)) as Format; });

  it("say durations as players do", () => {
    expect([0, 9.4, 59.6, 61, 3_599.6, 3_600, 36_061].map((s) => format.formatDuration(s))).to.deep.equal(["0:00", "0:09", "1:00", "1:01", "1:00:00", "1:00:00", "10:01:01"]);
  });

  it("say how long it takes without false precision", () => {
    expect([0, 49, 50, 89, 91, 3_540, 3_570, 5_400].map((s) => format.formatWait(s))).to.deep.equal([
      "less than a minute left", "less than a minute left", "about 1 min left", "about 1 min left", "about 2 min left", "about 59 min left", "about 1 h left", "about 1.5 h left",
    ]);
  });

  it("say rates in the unit that fits", () => {
    expect([999, 800_000, 1_000_000, 2_349_999].map((n) => format.formatRate(n))).to.deep.equal(["1 kbit/s", "800 kbit/s", "1.0 Mbit/s", "2.3 Mbit/s"]);
  });

  it("say the year of a date only when it is another one", () => {
    expect(format.formatDate("2001-02-03T12:00:00Z")).to.include("2001");
    expect(format.formatDate(new Date().toISOString())).to.not.include(String(new Date().getFullYear()));
  });

  it("call a video by its title, else by the end of its address, else by its id", () => {
    const url = (text: string) => format.videoName({ id: "1", source: { kind: "url", url: text } });
    expect(format.videoName({ id: "1", title: "Graphs", source: { kind: "url", url: "https://x/y" } })).to.equal("Graphs");
    expect(url("https://example.org/cs/week%203.mp4?…")).to.equal("week 3.mp4");
    expect(url("https://example.org/a/b/")).to.equal("b");
    expect(url("https://example.org")).to.equal("example.org");
    expect(url("https://example.org/100%.mp4")).to.equal("100%.mp4");
    expect(url("no address")).to.equal("Video 1");
    expect(format.videoName({ id: "1", title: "", source: { kind: "upload" } })).to.equal("Video 1");
  });

  it("have a word for every status", () => {
    expect(Object.keys(format.STATUS_WORDS).sort()).to.deep.equal(Object.keys(STATUSES).sort());
  });
});
