/** In a file of its own for commands that have nothing to do with Moleculer, whose loading takes longer than they do. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
