/** Moleculer's validator, which compiles an action's parameters when they are first looked at: a node's start has 150 to compile. */
import { Validators } from "moleculer";

type Check = ReturnType<Validators.Fastest["compile"]>;

export class LazyValidator extends Validators.Fastest {
  override compile(schema: Parameters<Validators.Fastest["compile"]>[0]): Check {
    let check: Check | undefined;
    return (value, options) => (check ??= super.compile(schema))(value, options);
  }
}
