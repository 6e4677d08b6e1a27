import { expect } from "chai";
import { ACTIONS } from "../../../../config/access/actions.ts";
import { ANONYMOUS, covers, may, PERMISSIONS, reaches, ROLES, type Caller, type Permission, type Role } from "../../../../config/access/permissions.ts";

const holder = (roles: Role[], more: Partial<Caller> = {}): Caller => ({ subject: "key:1", roles, ...more });

describe("permissions", () => {
  it("are these: nobody has more, and who shows no key may only watch", () => {
    const table = Object.fromEntries((Object.keys(PERMISSIONS) as Permission[]).map((permission) => [permission, [ANONYMOUS, ...ROLES.map((role) => holder([role]))].map((caller) => (may(caller, permission) ? "x" : "-")).join("")]));
    expect(table).to.deep.equal({ //  nobody, viewer, submitter, operator, auditor, admin
      "open": "xxxxxx",
      "videos.watch": "xxxxxx",
      "videos.watchPrivate": "-xxxxx",
      "videos.list": "-xxxxx",
      "videos.submit": "--x--x",
      "videos.delete": "--x--x",
      "links.create": "-xx--x",
      "links.manage": "--x--x",
      "videos.explain": "--xxxx",
      "usage.read": "--xxxx",
      "timetable.write": "--xx-x",
      "videos.operate": "---x-x",
      "videos.review": "---x-x",
      "reviews.watch": "---xxx",
      "mesh.watch": "---xxx",
      "mesh.operate": "---x-x",
      "keys.manage": "-----x",
      "webhooks.watch": "--xxxx",
      "webhooks.manage": "--xx-x",
      "audit.read": "----xx",
      "persons.read": "----xx",
      "persons.readOwn": "-xxxxx",
      "persons.erase": "-----x",
      "inside": "-----x",
    });
  });

  it("add up over roles, and are narrowed by scopes", () => {
    const both = holder(["submitter", "operator"]);
    expect([may(both, "videos.submit"), may(both, "mesh.operate"), may(both, "keys.manage")]).to.deep.equal([true, true, false]);
    const narrow = holder(["admin"], { scopes: ["videos.list"] });
    expect([may(narrow, "videos.list"), may(narrow, "videos.submit"), may(narrow, "inside"), may(narrow, "videos.watch")]).to.deep.equal([true, false, false, true]);
    expect(may(holder(["viewer"], { scopes: ["keys.manage"] }), "keys.manage"), "a scope gives nothing").to.equal(false);
  });

  it("of what all tenants share are no tenant's", () => {
    const physics = holder([...ROLES], { tenant: "physics" });
    expect((Object.keys(PERMISSIONS) as Permission[]).filter((permission) => !may(physics, permission))).to.deep.equal(["mesh.watch", "mesh.operate", "inside"]);
    expect([reaches(physics, "physics"), reaches(physics, "arts"), reaches(holder(["viewer"]), "arts")]).to.deep.equal([true, false, true]);
  });

  it("can be given away by who has them, and within their tenant", () => {
    const admin = holder(["admin"]);
    const physics = holder(["admin"], { tenant: "physics" });
    expect(covers(admin, physics)).to.equal(true);
    expect(covers(physics, admin)).to.equal(false);
    expect(covers(physics, holder(["viewer"], { tenant: "arts" }))).to.equal(false);
    expect(covers(physics, holder(["viewer"], { tenant: "physics" }))).to.equal(true);
    expect(covers(holder(["submitter"]), holder(["operator"]))).to.equal(false);
    expect(covers(holder(["admin"], { scopes: ["keys.manage"] }), holder(["admin"])), "scopes are no way out").to.equal(false);
    expect(covers(holder(["admin"], { scopes: ["keys.manage", "videos.list", "videos.watchPrivate", "links.create", "persons.readOwn"] }), holder(["viewer"]))).to.equal(true);
  });

  it("are asked for by actions in words that the table has", () => {
    expect(Object.values(ACTIONS).filter((permission) => !Object.hasOwn(PERMISSIONS, permission))).to.deep.equal([]);
  });
});
