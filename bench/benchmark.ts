export interface Benchmark {
  name: string;
  /** One sentence for the list. */
  summary: string;
  /** Its options. */
  usage: string;
  /** Measures and prints. @throws Error in words for whoever ran it */
  run(args: readonly string[]): Promise<void>;
}
