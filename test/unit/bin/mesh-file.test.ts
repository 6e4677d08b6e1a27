import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { findServer } from "../../../bin/add/find-server.ts";
import { joinMesh } from "../../../bin/mesh-environment.ts";
import { agreedSettings, findMesh, meshFilePath, meshSettings, removeMeshFile, writeMeshFile, type Mesh } from "../../../bin/mesh-file.ts";
import { openNodeDirectory } from "../../../bin/node/node-directory.ts";
import { openDataLock } from "../../../bin/start/data-lock.ts";
import { openLogFile } from "../../../bin/start/log-file.ts";

describe("files of the data directory", () => {
  let dir: string;
  beforeEach(() => { dir = mkdtempSync(join(tmpdir(), "lectern-mesh-")); });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));
  const mesh = (): Mesh => ({ natsUrl: "nats://127.0.0.1:1", redisUrl: "redis://127.0.0.1:2", store: "file:/s", httpUrl: "http://127.0.0.1:3", pid: process.pid });

  describe("mesh.json", () => {
    it("is found while its process lives, and only its user may read it", () => {
      writeMeshFile(dir, mesh());
      expect(findMesh(dir)).to.deep.equal(mesh());
      expect(statSync(meshFilePath(dir)).mode & 0o777).to.equal(0o600);
      removeMeshFile(dir);
      expect(findMesh(dir)).to.equal(undefined);
    });

    it("of a process that has gone, or that is no mesh at all, doesn't count", () => {
      writeMeshFile(dir, mesh());
      const text = readFileSync(meshFilePath(dir), "utf8");
      for (const other of [text.replace(/"startedAt": \d+/, '"startedAt": 1'), text.slice(0, 40), "[]", "null", '{"pid": 1}']) {
        writeFileSync(meshFilePath(dir), other);
        expect(findMesh(dir), other).to.equal(undefined);
      }
    });

    it("stands below the environment", () => {
      expect(meshSettings(mesh(), { LECTERN_NATS_URL: "nats://elsewhere", LECTERN_STORE: "" })).to.deep.equal({ LECTERN_REDIS_URL: "redis://127.0.0.1:2", LECTERN_STORE: "file:/s" });
    });

    it("makes a node part of the mesh without settings", () => {
      writeMeshFile(dir, mesh());
      const { config } = joinMesh({ LECTERN_DATA: dir, LECTERN_REGION: "eu" });
      expect(config).to.include({ natsUrl: "nats://127.0.0.1:1", redisUrl: "redis://127.0.0.1:2", region: "eu" });
      expect(config.store).to.deep.equal({ kind: "file", dir: "/s" });
    });

    it("carries the settings that every node must agree on, and no others", () => {
      const agreed = agreedSettings({ LECTERN_SOURCE_ALLOW: "10.0.0.1:8080", LECTERN_NAMESPACE: "", LECTERN_SLOTS: "7" });
      writeMeshFile(dir, { ...mesh(), agreed });
      expect(joinMesh({ LECTERN_DATA: dir }).config).to.deep.include({ sourceAllow: ["10.0.0.1:8080"], namespace: "lectern" });
      expect(findMesh(dir)?.agreed).to.deep.equal({ LECTERN_SOURCE_ALLOW: "10.0.0.1:8080" });
    });

    it("is missed in one sentence", () => {
      expect(() => joinMesh({ LECTERN_DATA: dir })).to.throw(/^No mesh runs with the data directory .* `npm start`/);
    });

    it("tells where the gateway is, unless one is told", () => {
      expect(findServer({ LECTERN_DATA: dir }, undefined).server.url).to.equal("http://127.0.0.1:3000");
      writeMeshFile(dir, mesh());
      expect(findServer({ LECTERN_DATA: dir }, undefined).server.url).to.equal("http://127.0.0.1:3");
      expect(findServer({ LECTERN_DATA: dir, LECTERN_HTTP_PORT: "8080" }, undefined).server.url).to.equal("http://127.0.0.1:8080");
      expect(findServer({ LECTERN_DATA: dir, LECTERN_HTTP_PORT: "8080" }, "https://elsewhere").server.url).to.equal("https://elsewhere");
    });
  });

  it("the lock is one process's, and free after it", () => {
    const lock = openDataLock(dir);
    expect(() => openDataLock(dir)).to.throw(/^Lectern already runs/);
    lock.close();
    openDataLock(dir).close();
  });

  it("a lock that no process stands behind is taken over", () => {
    for (const left of ["", "{}", '{"pid":999999999}']) {
      writeFileSync(join(dir, "lectern.pid"), left);
      openDataLock(dir).close();
    }
  });

  it("nodes of one machine get directories of their own", function () {
    const first = openNodeDirectory(dir);
    const second = openNodeDirectory(dir);
    expect([first.dir, second.dir]).to.deep.equal([dir, join(dir, "nodes", "1")]);
    second.lock.close();
    expect(openNodeDirectory(dir).dir).to.equal(join(dir, "nodes", "1"));
  });

  it("a log that gets long is put aside", () => {
    const path = join(dir, "a.log");
    const log = openLogFile(path, (error) => { throw error; }, 10);
    for (const line of ["first line", "second"]) log.writeLine(line);
    log.close();
    expect([readFileSync(`${path}.1`, "utf8"), readFileSync(path, "utf8")]).to.deep.equal(["first line\n", "second\n"]);
  });
});
