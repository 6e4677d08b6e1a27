import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { SERVICES } from "../../config/services.ts";
import { findCycles, listFiles, listImports, parseImports, PROJECT, readSource, type Import } from "../support/imports.ts";

const FILES = listFiles("{config,mixins,media,services}/**/*.ts");
const IMPORTS = listImports(FILES);

const roomOf = (path: string): string => path.split("/")[0] ?? "";
const serviceOf = (path: string): string | undefined => /^services\/([^/]+)\//.exec(path)?.[1];
const isOwn = (path: string): boolean => FILES.includes(path);
const isContract = (path: string): boolean => path.endsWith(".contract.ts");
const show = ({ from, to }: Import): string => `${from} → ${to}`;
const importsOf = (room: string): Import[] => IMPORTS.filter(({ from }) => roomOf(from) === room);

/** From the ground up. What stands on one floor does not know of each other. */
const FLOORS = [["node", "storage"], ["access", "source", "videos"], ["quality", "audit"], ["validator", "transcoder"], ["scheduler", "cache", "screening"], ["delivery", "errors"], ["operator", "persons", "webhooks", "insights"], ["forecast"], ["capacity"], ["gateway"]];
const floorOf = (service: string): number => FLOORS.findIndex((floor) => floor.includes(service));

/** Contracts that are imported from the same floor or a higher one, and why it can't be otherwise. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  "services/videos/traces.ts → services/source/source.contract.ts": "what is left of a deleted video includes its source's bytes in caches, which go by the source",
  "services/videos/videos.contract.ts → services/source/source.contract.ts": "a video's record says which source it is of",
  "services/videos/videos.service.ts → services/source/source.contract.ts": "an uploaded source is the same when its bytes are, and source knows their hash",
};

describe("architecture", () => {
  it("is seen: every room has files, and their imports are found", () => {
    for (const room of ["config", "mixins", "media", "services"]) expect(importsOf(room), room).to.not.be.empty;
    const source = `/* import "a" */\nBuffer.from("z");\nimport b, { type C } from "./b.ts";\n// import "d"\nexport * from "../e.ts";\nimport type {\n  F,\n} from "node:fs";\nimport "g";\nawait import("./h.ts");\nnew Worker(new URL("./i.ts", import.meta.url));`;
    expect(parseImports("media/x/y.ts", source)).to.deep.equal(["media/x/b.ts", "media/e.ts", "node:fs", "g", "media/x/h.ts", "media/x/i.ts"]);
    expect(findCycles([{ from: "a", to: "b" }, { from: "b", to: "c" }, { from: "c", to: "b" }, { from: "a", to: "c" }])).to.deep.equal(["b → c → b"]);
  });

  it("keeps media pure: it imports itself and the table of errors, no package and nothing of Node's", () => {
    const wrong = importsOf("media").filter(({ to }) => roomOf(to) !== "media" && to !== "config/errors.ts");
    expect(wrong.map(show)).to.deep.equal([]);
  });

  it("keeps config on the ground: of the project it imports only itself", () => {
    const wrong = importsOf("config").filter(({ to }) => isOwn(to) && roomOf(to) !== "config");
    expect(wrong.map(show)).to.deep.equal([]);
  });

  it("lets mixins import config, media and contracts, but no service", () => {
    const wrong = importsOf("mixins").filter(({ to }) => isOwn(to) && roomOf(to) === "services" && !isContract(to));
    expect(wrong.map(show)).to.deep.equal([]);
  });

  it("lets a service import of another only its contract", () => {
    const wrong = importsOf("services").filter(({ from, to }) => serviceOf(to) !== undefined && serviceOf(from) !== serviceOf(to) && !isContract(to));
    expect(wrong.map(show)).to.deep.equal([]);
  });

  it("has arrows between services that point downwards", () => {
    const upward = importsOf("services").filter(({ from, to }) => {
      const [user, used] = [serviceOf(from), serviceOf(to)];
      return user !== undefined && used !== undefined && user !== used && floorOf(used) >= floorOf(user);
    });
    expect([...new Set(upward.map(show))].sort()).to.deep.equal(Object.keys(EXCEPTIONS).sort());
  });

  it("puts every service on a floor; metrics knows no other service, and none knows it", () => {
    expect([...FLOORS.flat(), "metrics"].sort()).to.deep.equal([...SERVICES].sort());
    const ofMetrics = IMPORTS.filter(({ from, to }) => (serviceOf(from) === "metrics") !== (serviceOf(to) === "metrics") && serviceOf(from) !== undefined && serviceOf(to) !== undefined);
    expect(ofMetrics.map(show)).to.deep.equal([]);
  });

  it("keeps contracts light: they import contracts, media and config, nothing that runs", () => {
    const wrong = IMPORTS.filter(({ from, to }) => isContract(from) && !(isContract(to) || roomOf(to) === "media" || roomOf(to) === "config"));
    expect(wrong.map(show)).to.deep.equal([]);
  });

  it("imports only files that are there, by their full names", () => {
    const paths = IMPORTS.filter(({ to }) => ["config", "mixins", "media", "services"].includes(roomOf(to)));
    expect(paths.filter(({ to }) => !isOwn(to)).map(show)).to.deep.equal([]);
  });

  it("has no import cycles", () => {
    const all = listFiles("{bin,config,mixins,media,services,test,bench,chaos}/**/*.ts", "*.ts");
    expect(findCycles(listImports(all))).to.deep.equal([]);
  });

  it("gives every service a folder, and in it the schema with its factory and default export", () => {
    const folders = readdirSync(join(PROJECT, "services"), { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => entry.name);
    expect(folders.sort()).to.deep.equal([...SERVICES].sort());
    for (const name of folders) {
      const source = readSource(`services/${name}/${name}.service.ts`);
      expect(source, name).to.match(new RegExp(`^export function ${name}Service\\(`, "m"));
      expect(source, name).to.match(new RegExp(`^export default ${name}Service\\(`, "m"));
      expect(source, name).to.match(new RegExp(`^\\s*name: "${name}",$`, "m"));
      expect(source.startsWith(`/**\n * ${name}: `), `${name}.service.ts opens by saying what it is`).to.equal(true);
    }
  });

  it("has file names in kebab-case that name a concept", () => {
    const named = listFiles("{bin,config,mixins,media,services,web,test,bench,chaos,scripts}/**/*.{ts,js,mjs,sh,css,html}");
    expect(named.length).to.be.greaterThan(150);
    const wrong = named.filter((path) => path.split("/").some((part) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.(test|suite|service|contract|config))?(\.[a-z]+)?$/.test(part)));
    expect(wrong, "not kebab-case").to.deep.equal([]);
    const vague = named.filter((path) => /(^|[/-])(utils?|helpers?|common|misc)(\.|-|\/)|\/index\.(ts|js)$/.test(path));
    expect(vague, "names no concept").to.deep.equal([]);
  });
});
