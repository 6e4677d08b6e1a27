import { expect } from "chai";
import { Validators, type ServiceSchema } from "moleculer";
import { LazyValidator } from "../../../config/lazy-validator.ts";
import { SERVICES } from "../../../config/services.ts";
import { quietBroker } from "../../support/quiet-broker.ts";

describe("the lazy validator", () => {
  it("checks as Moleculer's own does, in actions and in events", async () => {
    const heard: unknown[] = [];
    const broker = quietBroker({ validator: new LazyValidator() });
    broker.createService({
      name: "sums",
      actions: { double: { params: { of: { type: "number", convert: true }, $$strict: true }, handler: (ctx) => (ctx.params as { of: number }).of * 2 } },
      events: { "sum.made": { params: { sum: "number" }, handler(ctx: { params: unknown }) { heard.push(ctx.params); } } },
    });
    await broker.start();
    try {
      expect(await broker.call("sums.double", { of: "21" })).to.equal(42);
      for (const params of [{ of: "much" }, {}, { of: 1, more: 2 }]) {
        const error = await broker.call("sums.double", params).then(() => undefined, (failure: unknown) => failure);
        expect(error).to.include({ name: "ValidationError", code: 422 });
      }
      await broker.emit("sum.made", { sum: "no number" }).catch(() => undefined);
      await broker.emit("sum.made", { sum: 3 });
      expect(heard).to.deep.equal([{ sum: 3 }]);
    } finally {
      await broker.stop();
    }
  });

  it("meets no parameters that cannot be compiled: nothing says so at the start any more", async () => {
    const validator = new Validators.Fastest();
    let checked = 0;
    for (const name of SERVICES) {
      const { default: schema } = await import(`../../../services/${name}/${name}.service.ts`) as { default: ServiceSchema };
      for (const part of [...Object.values(schema.actions ?? {}), ...Object.values(schema.events ?? {})]) {
        if (typeof part !== "object" || part === null || !("params" in part) || typeof part.params !== "object" || part.params === null) continue;
        validator.compile(part.params);
        checked++;
      }
    }
    expect(checked).to.be.greaterThan(50);
  });
});
