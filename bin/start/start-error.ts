/** Why Lectern can't start or go on: one sentence for the person at the terminal, who needs no stack. */
export class StartError extends Error {
  constructor(sentence: string) {
    super(sentence);
    this.name = "StartError";
  }
}

/** The `code` of a system error (`ENOSPC`, `EADDRINUSE`, …). */
export function findSystemCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
