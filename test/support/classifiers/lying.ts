/** A classifier for tests: answers something else than scores. */
import type { Classifier } from "../../../services/screening/classifier/classifier.contract.ts";

export default async function openLying(): Promise<Classifier> {
  return { name: "lying", version: "1", classify: async () => [{ Neutral: 7 }] };
}
