import { expect } from "chai";
import { findOpenHoles, holesWarning, parseVersion, type Version } from "../../../../media/ffmpeg/known-holes.ts";

const parse = (name: string) => parseVersion(`ffmpeg version ${name} Copyright (c) 2000-2026 the FFmpeg developers`);
const open = (...version: Version): string[] => findOpenHoles(version).map(({ id }) => id);

describe("known holes of FFmpeg", () => {
  it("are looked up by the release, as distributions name it", () => {
    expect(parse("5.1.9-0+deb12u1")).to.deep.equal([5, 1, 9]);
    expect(parse("7:4.4.2-0ubuntu0.22.04.1")).to.deep.equal([4, 4, 2]);
    expect(parse("n6.1")).to.deep.equal([6, 1, 0]);
    expect(parse("8.1.2")).to.deep.equal([8, 1, 2]);
    expect(parse("7.1.1-essentials_build-www.gyan.dev")).to.deep.equal([7, 1, 1]);
    expect(parseVersion("ffprobe version 7.0.2-static https://johnvansickle.com/ffmpeg/")).to.deep.equal([7, 0, 2]);
  });

  it("cannot be looked up for what is no release", () => {
    for (const name of ["N-12345-gabc", "git-2026-01-01-abc", "2026-01-01-git-abc", "n", ""]) expect(parse(name), name).to.equal(undefined);
    expect(parseVersion("avconv version 12.3")).to.equal(undefined);
    expect(holesWarning("ffmpeg version N-12345-gabc Copyright")).to.equal('FFmpeg does not say which release it is ("ffmpeg version N-12345-gabc Copyright"), so which known holes are open in it is unknown.');
  });

  it("are open until the release that mends them, in each branch of its own", () => {
    expect(open(5, 1, 9)).to.deep.equal(["CVE-2026-8461", "CVE-2026-40962", "CVE-2026-65704"]);
    expect(open(5, 1, 10)).to.deep.equal(["CVE-2026-40962", "CVE-2026-65704"]);
    expect(open(6, 1, 5)).to.include("CVE-2026-8461");
    expect(open(6, 1, 6)).to.not.include("CVE-2026-8461");
    expect(open(8, 1, 1)).to.deep.equal(["CVE-2026-8461", "CVE-2026-65704"]);
    expect(open(8, 1, 2)).to.deep.equal(["CVE-2026-65704"]);
    expect(open(8, 1, 3)).to.be.empty;
  });

  it("are open in a branch that was never mended, and not in one after the last", () => {
    expect(open(7, 0, 99)).to.include("CVE-2026-8461");
    expect(open(4, 4, 2)).to.deep.equal(["CVE-2026-8461", "CVE-2026-40962", "CVE-2026-65704"]);
    expect(open(8, 2, 0)).to.be.empty;
    expect(open(9, 0, 0)).to.be.empty;
  });

  it("are told with what guards against each, in one line", () => {
    expect(holesWarning("ffmpeg version 8.1.2 Copyright")).to.equal("FFmpeg 8.1.2 has known holes, unless its distribution mended them: CVE-2026-65704 (concat scripts lead it to any file; here concat is not among the containers that may be opened).");
    expect(holesWarning("ffmpeg version 9.0 Copyright")).to.equal(undefined);
  });
});
