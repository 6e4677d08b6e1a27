import { readFileSync } from "node:fs";
import { expect } from "chai";
import { SETTINGS } from "../../../config/settings.ts";
import { getInstruction, readContext, readEnvironment, readStages } from "../../support/dockerfile.ts";

const { dependencies } = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8")) as { dependencies: Record<string, string> };

describe("Dockerfile", () => {
  const [packages, image, ...more] = readStages();

  it("has one stage that installs, and one that runs, on the Node that package.json pins", () => {
    expect(more).to.deep.equal([]);
    expect(packages?.as).to.equal("packages");
    for (const stage of [packages, image]) expect(stage?.from).to.equal(`node:${dependencies["node"]}-bookworm-slim`);
  });

  it("installs what is locked and runs in production, and no script of a package", () => {
    expect(getInstruction(packages, "RUN").text).to.match(/^npm ci --omit=dev --ignore-scripts /);
    expect(getInstruction(packages, "COPY").words).to.deep.equal(["package.json", "package-lock.json", "./"]);
  });

  it("names the versions of what Debian brings, and keeps no lists of packages", () => {
    const text = image?.instructions.find(({ name }) => name === "RUN")?.text;
    expect(text).to.include("--no-install-recommends").and.include(" ffmpeg=7:5.1.* ").and.include("rm -rf /var/lib/apt/lists/*");
    for (const program of ["bubblewrap", "tini", "ca-certificates"]) expect(text).to.include(` ${program} `);
  });

  it("holds what a node runs, and nothing of tests or benchmarks, nor this machine's packages or keys", () => {
    expect(readContext()).to.have.members(["package.json", "package-lock.json", "moleculer.config.ts", "tsconfig.json", "bin", "config", "mixins", "media", "services", "web"]);
  });

  it("runs as nobody special, by number, so that Kubernetes can see it", () => {
    expect(getInstruction(image, "USER").words).to.deep.equal(["1000:1000"]);
    expect(image?.instructions.findIndex(({ name }) => name === "USER")).to.be.greaterThan(image?.instructions.findLastIndex(({ name }) => name === "COPY" || name === "RUN") ?? Infinity);
  });

  it("sets only what is a setting, and opens the ports that it sets", () => {
    const { NODE_ENV: mode, NODE_COMPILE_CACHE: compiled, ...environment } = readEnvironment(image);
    const known: string[] = Object.values(SETTINGS).map(({ env }) => env);
    expect([mode, compiled]).to.deep.equal(["production", "/app/compiled"]);
    expect(Object.keys(environment).filter((name) => !known.includes(name))).to.deep.equal([]);
    expect(getInstruction(image, "EXPOSE").words).to.deep.equal([environment["LECTERN_HTTP_PORT"], environment["LECTERN_METRICS_PORT"]]);
    expect(getInstruction(image, "VOLUME").words).to.deep.equal([environment["LECTERN_DATA"]]);
  });

  it("has an init, ends by the signal that drains, and says whether it is well", () => {
    expect(getInstruction(image, "ENTRYPOINT").words).to.deep.equal(["tini", "--"]);
    expect(getInstruction(image, "CMD").words).to.deep.equal(["node", "bin/node.ts"]);
    expect(getInstruction(image, "STOPSIGNAL").words).to.deep.equal(["SIGTERM"]);
    expect(getInstruction(image, "HEALTHCHECK").words[2]).to.include("LECTERN_METRICS_PORT").and.include("/health/live");
  });

  it("says what it is", () => {
    const labels = getInstruction(image, "LABEL").words.map((word) => word.split("=")[0]);
    expect(labels).to.deep.equal(["title", "description", "licenses", "version", "revision"].map((name) => `org.opencontainers.image.${name}`));
  });
});
