/** Whether what was said of a source, by its name or its server, is something else than a video. Pure. */

/** Names that a system runs or opens as something else. `ts` is MPEG's. */
const OTHER_NAMES = ["exe", "dll", "scr", "com", "bat", "cmd", "msi", "ps1", "vbs", "js", "mjs", "jar", "apk", "sh", "elf", "zip", "rar", "7z", "gz", "tar", "iso", "dmg", "pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "html", "htm", "svg", "php"];
const OTHER_TYPES = /^(text\/(html|javascript|css)|application\/(pdf|zip|x-7z-compressed|x-rar-compressed|vnd\.rar|x-msdownload|x-msdos-program|x-executable|x-sh|javascript|java-archive|vnd\.android\.package-archive|vnd\.microsoft\.portable-executable)|image\/(svg\+xml|png|jpeg))$/;

/** @param name a file's, or the path of a URL @param contentType as HTTP has it */
export function findDeclared({ name, contentType }: { name?: string; contentType?: string }): string | undefined {
  const ending = /\.([a-z0-9]{1,8})$/i.exec(name ?? "")?.[1]?.toLowerCase();
  if (ending !== undefined && OTHER_NAMES.includes(ending)) return `a name that ends in .${ending}`;
  const type = (contentType ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  return OTHER_TYPES.test(type) ? `the type ${type}` : undefined;
}
