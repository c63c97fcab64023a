/**
 * The tags of an XML text, one after the other. It is read once from its beginning to its end,
 * whatever is in it: a description comes from strangers. (The browser's parser is not in Deno, and of
 * OME-XML only a few attributes are needed.)
 *
 * @module
 */

/** A start tag, or a tag that is both start and end. */
export interface XmlTag {
  /** Its name without prefix. */
  readonly name: string;
  /** False for an end tag. */
  readonly isStart: boolean;
  /** Whether nothing is in it. */
  readonly isEmpty: boolean;
  /** The value of an attribute. */
  attribute(name: string): string | undefined;
  /** The text up to the next tag. */
  text(): string;
}

/** Walks through the tags; comments, instructions and CDATA are passed over. */
export function* xmlTags(xml: string): Generator<XmlTag> {
  for (let at = xml.indexOf("<"); at >= 0;) {
    const skipped = [["<!--", "-->"], ["<![CDATA[", "]]>"], ["<?", "?>"], ["<!", ">"]]
      .find(([start]) => xml.startsWith(start, at));
    if (skipped) {
      const end = xml.indexOf(skipped[1], at + skipped[0].length);
      if (end < 0) return;
      at = xml.indexOf("<", end + skipped[1].length);
      continue;
    }
    const end = tagEnd(xml, at);
    if (end < 0) return;
    const next = xml.indexOf("<", end + 1);
    yield tagOf(xml.slice(at + 1, end), () => xml.slice(end + 1, next < 0 ? xml.length : next));
    at = next;
  }
}

/** Where a tag ends: at the first `>` that is in no quotes. */
function tagEnd(xml: string, start: number): number {
  let quote = "";
  for (let at = start + 1; at < xml.length; at++) {
    const character = xml[at];
    if (quote !== "") {
      if (character === quote) quote = "";
    } else if (character === '"' || character === "'") quote = character;
    else if (character === ">") return at;
  }
  return -1;
}

function tagOf(tag: string, text: () => string): XmlTag {
  const isStart = !tag.startsWith("/");
  const name = tag.match(/^\/?(?:[\w.-]+:)?([\w.-]+)/)?.[1] ?? "";
  let attributes: Map<string, string> | null = null;
  return {
    name,
    isStart,
    isEmpty: tag.endsWith("/"),
    attribute(name) {
      attributes ??= new Map(
        Array.from(
          tag.matchAll(/\s([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g),
          ([, key, double, single]) => [key, unescaped(double ?? single)],
        ),
      );
      return attributes.get(name);
    },
    text: () => unescaped(text()).trim(),
  };
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
};

function unescaped(text: string): string {
  return text.replace(
    /&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(\w{2,4}));/gi,
    (all, hex, decimal, name) => {
      if (name !== undefined) return ENTITIES[name] ?? all;
      const code = hex === undefined ? Number(decimal) : parseInt(hex, 16);
      return code <= 0x10ffff ? String.fromCodePoint(code) : all;
    },
  );
}
