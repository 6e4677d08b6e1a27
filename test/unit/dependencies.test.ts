/** What is installed is what was locked, may be used, and runs nothing of its own when it is installed but what is known. */
import { existsSync, readFileSync } from "node:fs";
import { expect } from "chai";

interface Locked { version?: string; integrity?: string; resolved?: string; license?: string; hasInstallScript?: boolean; optional?: boolean; link?: boolean }
interface Manifest { license?: string | { type?: string }; licenses?: { type: string }[]; dependencies?: Record<string, string>; devDependencies?: Record<string, string> }

const ROOT = new URL("../../", import.meta.url);
const read = (path: string): unknown => JSON.parse(readFileSync(new URL(path, ROOT), "utf8"));

/** Those that let anybody run, change and pass on what is made with them. */
const LICENCES = ["MIT", "ISC", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "0BSD", "BlueOak-1.0.0", "Unlicense", "PSF-2.0", "Python-2.0", "MPL-2.0", "CC0-1.0"];
/** MIT and ISC, as a file or a page of theirs says. */
const SAID_ELSEWHERE = ["cli-color", "combine-errors"];
/** What is locked on its own, by folder, with what runs at its installation: compiles or unpacks a part in another language. */
const LOCKS: Readonly<Record<string, readonly string[]>> = { "": ["cbor-extract", "es5-ext", "msgpackr-extract", "node"], "deploy/classifier/": [] };

for (const [folder, installScripts] of Object.entries(LOCKS)) describe(`dependencies${folder === "" ? "" : ` of ${folder}`}`, () => {
  const { packages } = read(`${folder}package-lock.json`) as { packages: Record<string, Locked> };
  const locked = Object.entries(packages).filter(([path]) => path !== "");
  const nameOf = (path: string): string => path.split("node_modules/").at(-1) ?? path;

  it("are named to the version", () => {
    const { dependencies = {}, devDependencies = {} } = read(`${folder}package.json`) as Manifest;
    const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version));
    expect(loose).to.deep.equal([]);
  });

  it("are locked by their hash, and come from a registry", () => {
    // Parts for other platforms are locked by their version where the registry that locked them had none of them.
    const here = locked.filter(([path, { optional, integrity }]) => optional !== true || integrity !== undefined || existsSync(new URL(folder + path, ROOT)));
    const open = here.filter(([, { integrity, resolved, link }]) => link === true || !(integrity ?? "").startsWith("sha512-") || !(resolved ?? "https://").startsWith("https://"));
    expect(open.map(([path]) => path)).to.deep.equal([]);
  });

  it("run at their installation only what is known", () => {
    const isForbidden = existsSync(new URL(`${folder}.npmrc`, ROOT)) && /^ignore-scripts=true$/m.test(readFileSync(new URL(`${folder}.npmrc`, ROOT), "utf8"));
    const running = isForbidden ? [] : locked.filter(([, { hasInstallScript }]) => hasInstallScript === true);
    expect(running.map(([path]) => nameOf(path)).toSorted()).to.deep.equal(installScripts);
  });

  it("have licences that go with this one", () => {
    const foreign = locked.flatMap(([path, { license, optional }]) => {
      const said = license ?? licenceOf(folder + path, optional === true);
      return said === undefined || SAID_ELSEWHERE.includes(nameOf(path)) || LICENCES.some((licence) => said.split(/[() ]+/).includes(licence)) ? [] : [`${nameOf(path)}: ${said}`];
    });
    expect(foreign).to.deep.equal([]);
  });
});

/** Undefined: of another platform's part, which is not installed here. */
function licenceOf(path: string, optional: boolean): string | undefined {
  try {
    const { license, licenses = [] } = read(`${path}/package.json`) as Manifest;
    return (typeof license === "string" ? license : license?.type) ?? licenses[0]?.type ?? "none";
  } catch (error) {
    if (optional && error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
