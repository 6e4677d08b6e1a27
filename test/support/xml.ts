/** A strict reader of XML: elements, attributes, text and the five entities. Anything else, or anything malformed, throws. */
export interface XmlElement { name: string; attributes: Record<string, string>; children: (XmlElement | string)[] }

const ENTITIES: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
/** XML 1.0 2.2. */
// eslint-disable-next-line no-control-regex
const FORBIDDEN = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

export function parseXml(text: string): XmlElement {
  if (FORBIDDEN.test(text)) throw new Error("a character that XML does not have");
  const root = /^<\?xml version="1\.0" encoding="UTF-8"\?>\s*/.exec(text);
  if (root === null) throw new Error("no XML declaration");
  let at = root[0].length;

  const take = (pattern: RegExp): RegExpExecArray | null => {
    const sticky = new RegExp(pattern.source, "uy");
    sticky.lastIndex = at;
    const match = sticky.exec(text);
    if (match !== null) at += match[0].length;
    return match;
  };
  const unescape = (value: string): string => {
    if (/[<]|&(?!(amp|lt|gt|quot|apos);)/.test(value)) throw new Error(`not escaped: ${value}`);
    return value.replace(/&(\w+);/g, (_, name: string) => ENTITIES[name] ?? "");
  };
  const readElement = (): XmlElement => {
    const name = take(/<([A-Za-z][\w.-]*)/)?.[1];
    if (name === undefined) throw new Error(`no element at ${text.slice(at, at + 30)}`);
    const attributes: Record<string, string> = {};
    for (let found = take(/\s+([A-Za-z][\w:.-]*)="([^"]*)"/); found !== null; found = take(/\s+([A-Za-z][\w:.-]*)="([^"]*)"/)) {
      if (Object.hasOwn(attributes, found[1] ?? "")) throw new Error(`${found[1]} twice`);
      attributes[found[1] ?? ""] = unescape(found[2] ?? "");
    }
    const element: XmlElement = { name, attributes, children: [] };
    if (take(/\/>/) !== null) return element;
    if (take(/>/) === null) throw new Error(`<${name} does not end`);
    for (;;) {
      const words = take(/[^<]+/)?.[0];
      if (words !== undefined) element.children.push(unescape(words));
      if (take(/<\//) !== null) break;
      element.children.push(readElement());
    }
    if (take(new RegExp(`${name}\\s*>`)) === null) throw new Error(`</${name}> is missing`);
    return element;
  };

  const document = readElement();
  if (take(/\s*$/) === null) throw new Error("something after the root element");
  return document;
}

export const textOf = ({ children }: XmlElement): string => children.filter((child) => typeof child === "string").join("");
