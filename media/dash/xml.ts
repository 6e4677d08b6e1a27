/** XML that is well formed whatever the values hold (XML 1.0, fifth edition). */

export interface Element { readonly name: string; readonly attributes: Readonly<Record<string, string | number | undefined>>; readonly children: readonly (Element | string)[] }

/** Absent attributes are left out. Children are elements, or text. */
export function element(name: string, attributes: Element["attributes"] = {}, ...children: Element["children"]): Element {
  return { name, attributes, children };
}

export function formatDocument(root: Element): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${formatElement(root, "")}`;
}

function formatElement({ name, attributes, children }: Element, indent: string): string {
  const pairs = Object.entries(attributes).flatMap(([key, value]) => value === undefined ? [] : [` ${key}="${escape(String(value))}"`]).join("");
  if (children.length === 0) return `${indent}<${name}${pairs}/>\n`;
  const text = children.every((child) => typeof child === "string");
  if (text) return `${indent}<${name}${pairs}>${children.map(escape).join("")}</${name}>\n`;
  const inner = children.map((child) => typeof child === "string" ? `${indent}  ${escape(child)}\n` : formatElement(child, `${indent}  `)).join("");
  return `${indent}<${name}${pairs}>\n${inner}${indent}</${name}>\n`;
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;" };

/** Characters that XML has no way to write (2.2) are left out; white space that a parser would change in an attribute is a space. */
function escape(text: string): string {
  return text.replace(/[\t\n\r]/g, " ").replace(/[^\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "").replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}
