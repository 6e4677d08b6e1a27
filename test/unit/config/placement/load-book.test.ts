import { expect } from "chai";
import { openLoadBook } from "../../../../config/placement/load-book.ts";

const report = { slots: 4, play: 1, background: 0, waiting: 0, ownCpu: 0, machineCpu: 0, accepting: true };

function book() {
  const clock = { ms: 0 };
  return { clock, book: openLoadBook(() => clock.ms) };
}

describe("load book", () => {
  it("forgets what is five seconds old, and nodes that leave", () => {
    const { clock, book: pages } = book();
    expect(pages.look("a")).to.deep.equal({ report: undefined, rttMs: undefined, begun: 0, silent: false });
    pages.reported("a", report);
    clock.ms = 5_000;
    expect(pages.look("a").report).to.equal(report);
    clock.ms = 5_001;
    expect(pages.look("a").report).to.equal(undefined);
    pages.answered("a", 3);
    pages.forget("a");
    expect(pages.look("a").rttMs).to.equal(undefined);
  });

  it("counts calls until they are answered, or a report came that knows of them", () => {
    const { clock, book: pages } = book();
    pages.answered("a", 100);
    const end = pages.begin("a");
    pages.begin("a");
    expect(pages.look("a").begun).to.equal(2);
    end();
    end();
    expect(pages.look("a").begun).to.equal(1);
    clock.ms = 110;
    pages.reported("a", report); // on its way when the call was: it cannot know
    expect(pages.look("a").begun).to.equal(1);
    clock.ms = 130;
    pages.reported("a", report);
    expect(pages.look("a").begun).to.equal(0);
    clock.ms = 6_000; // nobody knows any more
    expect(pages.look("a").begun).to.equal(1);
  });

  it("believes a short round trip at once and a long one slowly", () => {
    const { book: pages } = book();
    const rtts = [400, 10, 110, 5].map((ms) => {
      pages.answered("a", ms);
      return pages.look("a").rttMs;
    });
    expect(rtts).to.deep.equal([400, 10, 40, 5]);
  });

  it("calls a node silent from when it was found so until anything comes from it", () => {
    const { clock, book: pages } = book();
    pages.heard("a");
    clock.ms = 10;
    pages.fellSilent("a");
    expect(pages.look("a").silent).to.equal(true);
    clock.ms = 20;
    pages.heard("a");
    expect([pages.look("a").silent, pages.heardAt("a")]).to.deep.equal([false, 20]);
  });

  it("keeps no more nodes than it has room for", () => {
    const { book: pages } = book();
    for (let n = 0; n < 5_000; n++) pages.heard(`made-up-${n}`);
    expect(pages.size).to.equal(2_000);
  });
});
