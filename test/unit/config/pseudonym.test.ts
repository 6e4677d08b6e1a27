import { expect } from "chai";
import { openPseudonyms } from "../../../config/pseudonym.ts";

const SECRET = "a secret of thirty-two characters";

describe("a pseudonym", () => {
  it("is the same for the same, on every node of a mesh, and says nothing else", () => {
    const [one, other] = [openPseudonyms(SECRET, "lectern"), openPseudonyms(SECRET, "lectern")];
    expect(one.of("address", "192.0.2.7")).to.equal(other.of("address", "192.0.2.7")).and.match(/^p:[0-9a-f]{32}$/);
    expect(one.of("address", "192.0.2.7")).to.not.equal(one.of("login", "192.0.2.7"));
    for (const stranger of [openPseudonyms(`${SECRET}!`, "lectern"), openPseudonyms(SECRET, "other"), openPseudonyms("", "lectern"), openPseudonyms(undefined, "lectern")]) expect(stranger.of("address", "192.0.2.7")).to.not.equal(one.of("address", "192.0.2.7"));
  });

  it("cannot be guessed where there is no secret", () => {
    expect(openPseudonyms(undefined, "lectern").of("login", "ada")).to.not.equal(openPseudonyms(undefined, "lectern").of("login", "ada"));
  });

  it("stands for persons only", () => {
    const { ofSubject } = openPseudonyms(SECRET, "lectern");
    for (const subject of ["key:01", "admin", "anonymous", "node"]) expect(ofSubject(subject)).to.equal(subject);
    expect(ofSubject("login:ada")).to.match(/^p:/);
  });
});
