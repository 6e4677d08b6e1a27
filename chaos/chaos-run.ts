export interface ChaosRun {
  name: string;
  /** One sentence for the list. */
  summary: string;
  /** Its options. */
  usage: string;
  /** Breaks things, looks whether anything is wrong afterwards, and prints what it saw. @returns whether all is well */
  run(args: readonly string[]): Promise<boolean>;
}
