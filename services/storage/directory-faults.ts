/** What the file system's refusals mean for an object store. */
import { fail, findErrorCode } from "../../config/errors.ts";

export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** There is no object of this name: nothing, or a folder, or something below what is an object. */
export function isAbsent(error: unknown): boolean {
  const code = systemCode(error);
  return code === "ENOENT" || code === "ENOTDIR" || code === "EISDIR";
}

/** The error a caller gets. It names no path. */
export function directoryFault(error: unknown): Error {
  if (findErrorCode(error) !== undefined && error instanceof Error) return error;
  const code = systemCode(error);
  switch (code) {
    case "ENOSPC":
    case "EDQUOT":
      return fail("storage_full", "The object store's disk is full.");
    case "ENOTDIR":
    case "EISDIR":
    case "ENOTEMPTY":
      return fail("bad_request", "In a directory no key may also be the folder of another.");
    case "ENOENT":
      return fail("storage_unavailable", "The object store's directory is gone.");
    case "EPERM":
    case "ENOTSUP":
      return fail("storage_unavailable", `The object store's directory refuses (${code}); its file system must have hard links.`);
    case undefined:
      return error instanceof Error ? error : new Error(String(error));
    default:
      return fail("storage_unavailable", `The object store's directory cannot be used (${code}).`);
  }
}
