/** A classifier for tests: takes memory that no bound of the heap counts, for as long as it is let. */
import type { Classifier } from "../../../services/screening/classifier/classifier.contract.ts";

export default async function openHungry(): Promise<Classifier> {
  return {
    name: "hungry", version: "1",
    async classify() {
      const taken: Buffer[] = [];
      for (;;) {
        taken.push(Buffer.alloc(16 * 1024 * 1024, 1));
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
  };
}
