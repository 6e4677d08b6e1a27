import { expect } from "chai";
import { isRevoked, tenantMark, type Grant } from "../../../../config/access/grants.ts";
import { ANONYMOUS, ROLES, type Caller } from "../../../../config/access/permissions.ts";
import { mayWatch, type VideoAccess } from "../../../../config/access/watching.ts";

const NOW = 1_000_000;
const lecture: VideoAccess = { id: "a", tenant: "physics", visibility: "private", deleted: false };
const grant: Grant = { videoId: "a", uses: ["play"], linkId: "l", since: 5, tenant: tenantMark("physics"), until: NOW + 1 };
const byLink = (more: Partial<Grant> = {}): Caller => ({ subject: "link:l", roles: [], grant: { ...grant, ...more } });
const key = (more: Partial<Caller> = {}): Caller => ({ subject: "key:1", roles: ["viewer"], ...more });
const may = (caller: Caller | undefined, video: Partial<VideoAccess> = {}, use: "play" | "images" | "any" = "play"): boolean => mayWatch(caller, { ...lecture, ...video }, use, NOW);

describe("a private video", () => {
  it("is for keys of its tenant, whatever their role, and for nobody without one", () => {
    expect(ROLES.map((role) => may(key({ roles: [role], tenant: "physics" })))).to.deep.equal(ROLES.map(() => true));
    expect([may(key()), may(undefined)]).to.deep.equal([true, true]); // of all tenants; a node
    expect([may(ANONYMOUS), may(key({ tenant: "arts" })), may(key({ roles: ["admin"], tenant: "arts" })), may(key({ scopes: ["videos.list"] }))]).to.deep.equal([false, false, false, false]);
  });

  it("is for who has a link, as far as that goes", () => {
    expect([may(byLink()), may(byLink(), {}, "any"), may(byLink({ uses: ["images"] }), {}, "images")]).to.deep.equal([true, true, true]);
    expect([may(byLink(), {}, "images"), may(byLink(), { id: "b" }), may(byLink(), { tenant: "arts" }), may(byLink({ until: NOW })), may(byLink(), { deleted: true })]).to.deep.equal([false, false, false, false, false]);
  });

  it("is not opened by roles beside a link", () => {
    expect(may({ ...byLink({ videoId: "b" }), roles: ["admin"] })).to.equal(false);
  });

  it("that is public is for everybody, also with a link to another", () => {
    for (const caller of [ANONYMOUS, key({ tenant: "arts" }), byLink({ videoId: "b", until: 0 })]) expect(may(caller, { visibility: "public" })).to.equal(true);
  });
});

describe("a link", () => {
  it("is ended by itself, or with all that were made before", () => {
    expect([isRevoked(grant, { all: 0, links: [] }), isRevoked(grant, { all: 5, links: ["m"] })]).to.deep.equal([false, false]);
    expect([isRevoked(grant, { all: 6, links: [] }), isRevoked(grant, { all: 0, links: ["m", "l"] })]).to.deep.equal([true, true]);
  });
});
