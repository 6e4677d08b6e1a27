/** The error a promise rejects with. @throws Error naming `what` when it doesn't */
export async function rejection(work: Promise<unknown>, what: string): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error(`was not refused: ${what}`);
}
