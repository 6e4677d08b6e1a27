/** Whose a video is that names no tenant. */
export const DEFAULT_TENANT = "default";
export const tenantOf = ({ tenant }: { readonly tenant?: string }): string => tenant ?? DEFAULT_TENANT;
