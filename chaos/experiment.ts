export interface Experiment {
  name: string;
  /** One sentence for the list. */
  summary: string;
  /** Its options. */
  usage: string;
  /** Prints what happened. @returns whether all that was promised held. @throws Error in words for whoever ran it */
  run(args: readonly string[]): Promise<boolean>;
}
