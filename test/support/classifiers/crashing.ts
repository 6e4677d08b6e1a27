/** A classifier for tests: its process ends in the midst of it. */
import type { Classifier } from "../../../services/screening/classifier/classifier.contract.ts";

export default async function openCrashing(): Promise<Classifier> {
  return {
    name: "crashing", version: "1",
    classify() {
      process.abort();
    },
  };
}
