import { expect } from "chai";
import { openAudience, type Audience } from "../../../../services/forecast/audience.ts";

const COURSE = { tenant: "physics", course: "Optics" };

function note(audience: Audience, times: number, rendition: string, of: { tenant: string; course?: string } = COURSE): void {
  for (let n = 0; n < times; n++) audience.note(of, rendition);
}

describe("an audience", () => {
  it("is known by its course, else by its tenant, once enough have been seen", () => {
    const audience = openAudience();
    note(audience, 99, "360p");
    expect(audience.sharesOf(COURSE)).to.deep.equal({});
    note(audience, 1, "720p");
    expect(audience.sharesOf(COURSE)).to.deep.equal({ "360p": 99, "720p": 1 });
    expect(audience.sharesOf({ tenant: "physics", course: "Heat" }), "a new course").to.deep.equal({ "360p": 99, "720p": 1 });
    expect(audience.sharesOf({ tenant: "arts", course: "Optics" })).to.deep.equal({});
    note(audience, 150, "1080p", { tenant: "physics" });
    expect(audience.sharesOf(COURSE), "others of the tenant").to.deep.equal({ "360p": 99, "720p": 1 });
  });

  it("forgets what was taken long ago", () => {
    const audience = openAudience();
    note(audience, 5_000, "360p");
    note(audience, 40_000, "720p");
    const { "360p": old = 0, "720p": now = 0 } = audience.sharesOf(COURSE);
    expect(old / (old + now)).to.be.below(0.01);
    expect(old + now).to.be.at.most(5_000);
  });

  it("takes no more names than ladders have, and no more courses than it has room for", () => {
    const audience = openAudience();
    for (let n = 0; n < 500; n++) audience.note({ tenant: "a" }, `${n}p`);
    note(audience, 100, "0p", { tenant: "a" });
    expect(Object.keys(audience.sharesOf({ tenant: "a" })).length).to.equal(24);
    for (let n = 0; n < 3_000; n++) audience.note({ tenant: "b", course: String(n) }, "360p");
    expect(audience.sharesOf({ tenant: "a" }), "of those that nobody watched since").to.deep.equal({});
  });
});
