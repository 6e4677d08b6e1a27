import { expect } from "chai";
import { linkKeys } from "../../../../config/access/link-keys.ts";
import { openApiDocument } from "../../../../services/gateway/openapi.ts";
import { allowedMethods, gatewayRoutes } from "../../../../services/gateway/routes.ts";

const routes = gatewayRoutes({
  publicUrl: undefined, sourceMaxBytes: 1, nodeId: "node-1", assets: new Map(),
  streams: { open: async () => undefined, wake: () => undefined, moveAll: () => undefined, close: () => undefined },
  readiness: { missing: async () => [] }, ops: { follow: async () => undefined },
  guide: { views: async () => [], best: async () => undefined, elsewhere: async () => undefined, nodeFor: async () => undefined, otherUrls: [] },
  visibility: "public", links: { keys: linkKeys({ linkKeys: undefined, meshSecret: undefined, namespace: "" }), maxSec: 1, findNetwork: () => undefined }, addressOf: () => "",
});

describe("OpenAPI document", () => {
  it("describes exactly the routes, under their names", () => {
    const described = Object.entries(openApiDocument().paths).flatMap(([path, item]) =>
      Object.entries(item as Record<string, { operationId?: string }>).filter(([method]) => method !== "parameters").map(([method, { operationId }]) => `${method.toUpperCase()} ${path} ${operationId}`));
    const served = routes.map(({ method, path, operation }) => `${method} ${path.replace(/:(\w+)/g, "{$1}")} ${operation}`);
    expect(described.toSorted()).to.deep.equal(served.toSorted());
  });

  it("refers only to schemas that it has", () => {
    const document = openApiDocument();
    const refs = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name);
    expect(Object.keys((document.components as { schemas: object }).schemas)).to.include.members(refs);
  });

  it("names every parameter of a path", () => {
    for (const [path, item] of Object.entries(openApiDocument().paths)) {
      const named = "parameters" in item ? item.parameters.map(({ name }) => name) : [];
      const used = Object.values(item).flatMap((operation) => (typeof operation === "object" && "parameters" in operation && Array.isArray(operation.parameters) ? operation.parameters : [])).filter((p: { in: string }) => p.in === "path").map((p: { name: string }) => p.name);
      expect([...named, ...used].toSorted(), path).to.deep.equal([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? "").toSorted());
    }
  });
});

describe("allowedMethods", () => {
  it("finds the methods of a path", () => {
    expect(allowedMethods(routes, "/v1/videos/x")).to.deep.equal(["GET", "HEAD", "DELETE", "OPTIONS"]);
    expect(allowedMethods(routes, "/v1/videos/x/events")).to.deep.equal(["GET", "OPTIONS"]);
    expect(allowedMethods(routes, "/play/x/360p/7.m4s")).to.deep.equal(["GET", "HEAD", "OPTIONS"]);
    expect(allowedMethods(routes, "/play/x/360p/.m4s")).to.deep.equal([]);
    expect(allowedMethods(routes, "/nothing")).to.deep.equal([]);
  });
});
