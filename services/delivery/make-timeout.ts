/** How long a request waits for what may have to be made first. */
export const MAKE_MS = 35_000;
