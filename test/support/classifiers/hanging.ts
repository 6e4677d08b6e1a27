/** A classifier for tests: never answers, and keeps its processor busy. */
import type { Classifier } from "../../../services/screening/classifier/classifier.contract.ts";

export default async function openHanging(): Promise<Classifier> {
  return {
    name: "hanging", version: "1",
    classify() {
      for (;;);
    },
  };
}
