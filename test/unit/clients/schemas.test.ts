import { expect } from "chai";
import { makeClientTypes } from "../../../scripts/make-client-types.ts";
import { readSource } from "../../support/imports.ts";

describe("the types of the TypeScript client", function () {
  this.timeout(20_000);

  it("are those of the OpenAPI document (node scripts/make-client-types.ts clients/typescript/src/schemas.ts)", async () => {
    expect(readSource("clients/typescript/src/schemas.ts")).to.equal(await makeClientTypes());
  });
});
