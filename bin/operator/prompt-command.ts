/** A command of `ctl` and the REPL: how it is asked, over HTTP and in the mesh, and how its answer looks. */

/** `says`: what it is, for people. `name`: what the action's parameter is called. */
export interface PromptArgument { name: string; pattern: string; says: string }
export type PromptOptions = Readonly<Record<string, string>>;
export interface PromptCommand {
  argument?: PromptArgument;
  /** Of the command line, with what each says. */
  options?: Readonly<Record<string, string>>;
  method: "GET" | "POST" | "DELETE";
  /** With the argument as its one `:name`, unless that is part of the body. */
  path: string;
  /** The mesh's action, which takes the argument by its name, or what `toBody` makes. */
  action: string;
  does: string;
  /** How long its answer may take; absent: the prompt's own time. */
  waitMs?: number;
  /** Its options go into the address, and as parameters beside the argument. */
  inQuery?: true;
  /** What the mesh answered, where that is no value yet. */
  read?(answer: unknown): Promise<unknown>;
  /** What is sent. @throws Error with a sentence for people */
  toBody?(value: string, options: PromptOptions): object;
  /** What came of it, for people; it may be anything. */
  format(answer: unknown): string;
}
