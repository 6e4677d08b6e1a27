export interface Benchmark {
  name: string;
  /** One sentence for the list. */
  summary: string;
  /** Its options. */
  usage: string;
  /** It measures modules of a node in its own process, which has memory then as a node has: that can be most of what they cost. */
  inProcess?: true;
  /** Measures and prints. @throws Error in words for whoever ran it */
  run(args: readonly string[]): Promise<void>;
}
