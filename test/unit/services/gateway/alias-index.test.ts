import { expect } from "chai";
import { indexAliases, type Alias } from "../../../../services/gateway/alias-index.ts";

describe("the index of the gateway's aliases", () => {
  const aliasOf = (method: string, fullPath: string): Alias => {
    const pattern = new RegExp(`^${fullPath.replaceAll(/:(\w+)/g, "(?<$1>[^/]+)")}$`);
    return { method, fullPath, match: (path) => { const found = pattern.exec(path); return found === null ? false : { ...found.groups }; } };
  };
  const aliases = [aliasOf("GET", "/play/:id/master.m3u8"), aliasOf("GET", "/play/:id/:name"), aliasOf("HEAD", "/play/:id/:name"), aliasOf("GET", "/"), aliasOf("POST", "/v1/videos"), aliasOf("GET", "/v1/videos")];
  const find = indexAliases(aliases);

  it("finds what the first alias that matches is, as a look through all would", () => {
    const asked = ["/play/1/master.m3u8", "/play/1/x", "/play/1", "/play", "/", "", "/v1/videos", "/v1/videos/", "/V1/videos", "/v1", "play/1/x", "//play/1/x", "/__proto__/x", "/constructor"];
    for (const path of asked) {
      for (const method of ["GET", "HEAD", "POST", "PATCH"]) {
        const expected = aliases.find((alias) => alias.method === method && alias.match(path) !== false);
        const found = find(path, method);
        expect(found === false ? undefined : found.alias, `${method} ${path}`).to.equal(expected);
      }
    }
    expect(find("/play/7/x", "GET")).to.deep.include({ params: { id: "7", name: "x" } });
  });

  it("takes no alias that it would not find", () => {
    expect(() => indexAliases([aliasOf("GET", "/:any/thing")])).to.throw("cannot be found");
    expect(() => indexAliases([aliasOf("*", "/v1/videos")])).to.throw("cannot be found");
  });
});
