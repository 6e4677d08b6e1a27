/**
 * A refused address: the reason is for our log, never for the caller, who could map a private network with it.
 */

/** `message` says which rule refused; it stays inside. */
export class AddressRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = "AddressRefused";
  }
}

/** The refusal inside an error of the HTTP client, which may wrap it. */
export function findAddressRefused(error: unknown): AddressRefused | undefined {
  if (error instanceof AddressRefused) return error;
  if (error instanceof AggregateError) {
    for (const inner of error.errors) {
      const found = findAddressRefused(inner);
      if (found !== undefined) return found;
    }
  }
  return error instanceof Error && error.cause !== undefined ? findAddressRefused(error.cause) : undefined;
}
