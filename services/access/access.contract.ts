/** What others may say to `access`. */
import type { Caller, Permission, Role } from "../../config/access/permissions.ts";

/** `credential`: what stood behind `Bearer`. */
export interface AuthenticateParams { credential: string }
/** `caller`: null when the credential is nobody's, or no longer good. */
export interface AuthenticateResult { caller: Caller | null }

/** A key without what makes it one. */
export interface KeyView {
  id: string;
  name: string;
  roles: Role[];
  tenant?: string;
  scopes?: Permission[];
  createdAt: string;
  /** The key by which it was made. */
  createdBy: string;
  expiresAt?: string;
  revokedAt?: string;
  /** To the minute; absent: never, as far as is known. */
  lastUsedAt?: string;
}
export interface CreateKeyParams {
  name: string;
  roles: Role[];
  tenant?: string;
  scopes?: Permission[];
  /** ISO 8601. */
  expiresAt?: string;
}
/** `key`: shown this once. */
export interface CreatedKey extends KeyView { key: string }
export interface KeyParams { id: string }
export interface KeysOfParams { person: string; tenant?: string }
export interface ListKeysResult { keys: KeyView[] }
/** What `Caller.subject` is of whoever shows the key. */
export const keySubject = (id: string): string => `key:${id}`;
/** Payload of `access.changed`, for every node: what it knows of the key no longer holds. */
export interface AccessChanged { id: string }
