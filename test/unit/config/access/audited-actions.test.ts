import { expect } from "chai";
import { ACTIONS, permissionOf } from "../../../../config/access/actions.ts";
import { AUDITED, auditRowOf, changes } from "../../../../config/access/audited-actions.ts";
import { PERMISSIONS, type Permission } from "../../../../config/access/permissions.ts";

describe("audited actions", () => {
  it("are all that may change something: each has a row, and somebody has thought of it", () => {
    const changing = Object.keys(ACTIONS).filter((action) => changes(permissionOf(action)));
    expect(changing.filter((action) => !Object.hasOwn(AUDITED, action))).to.deep.equal([]);
    expect((Object.keys(PERMISSIONS) as Permission[]).filter(changes)).to.deep.equal(["videos.submit", "videos.delete", "links.create", "links.manage", "timetable.write", "videos.operate", "videos.review", "mesh.operate", "keys.manage", "webhooks.manage", "persons.erase"]);
  });

  it("are recorded before and after where nobody has thought of them, and of a permission that is new", () => {
    expect(auditRowOf("videos.burn", "videos.delete")).to.deep.equal({ way: "ahead" });
    expect(auditRowOf("videos.burn", "videos.new" as Permission)).to.deep.equal({ way: "ahead" });
    expect(auditRowOf("constructor", "videos.delete")).to.deep.equal({ way: "ahead" });
  });

  it("are recorded by their permission, where that is of what only some may see", () => {
    expect(auditRowOf("audit.graph", "audit.read")).to.deep.equal({ way: "after" });
    expect(auditRowOf("videos.graph", "videos.list")).to.equal(undefined);
  });

  it("exist, each with a permission", () => {
    expect(Object.keys(AUDITED).filter((action) => !Object.hasOwn(ACTIONS, action))).to.deep.equal([]);
  });

  it("cost nothing where anybody may watch", () => {
    for (const [action, permission] of Object.entries(ACTIONS)) if (permission === "videos.watch" || permission === "open") expect(auditRowOf(action), action).to.equal(undefined);
    expect(auditRowOf("storage.put")).to.equal(undefined);
  });

  it("are waited for before they are done, but where an answer must not become later by it", () => {
    const ways = Object.entries(AUDITED).filter(([action, { way }]) => changes(permissionOf(action)) && way !== "ahead").map(([action, { way }]) => `${action} ${way}`);
    expect(ways).to.deep.equal(["videos.submit beside", "videos.share beside", "source.receive beside", "source.begin beside", "source.append never", "source.progress never", "access.listKeys after"]);
  });
});
