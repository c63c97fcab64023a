/**
 * HTML and SVG text in which every inserted value is escaped unless it is markup itself.
 *
 * @module
 */

/** Finished HTML or SVG text. */
export class Markup {
  readonly #text: string;

  /**
   * Takes text as finished markup.
   *
   * @param text Text that is markup already; nothing in it is escaped. */
  constructor(text: string) {
    this.#text = text;
  }

  /** The markup as text. */
  toString(): string {
    return this.#text;
  }
}

/** What may be inserted into {@linkcode markup}; `undefined` and `false` insert nothing. */
export type Insert = Markup | string | number | false | undefined | readonly Insert[];

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text made safe for HTML and SVG content and for quoted attributes. */
export function escapeText(text: string): string {
  // XML allows no control character but tab and line ends, not even as an entity.
  return text.replace(/[^\t\n\r -\ufffd]/g, "\ufffd")
    .replace(/[&<>"']/g, (character) => ENTITIES[character]);
}

/**
 * Template tag: strings and numbers are escaped, markup is inserted as it is, arrays are joined.
 *
 * @example
 * ```ts ignore
 * markup`<p>${"a < b"}</p>`.toString(); // <p>a &lt; b</p>
 * ```
 */
export function markup(strings: TemplateStringsArray, ...inserts: Insert[]): Markup {
  return new Markup(strings.map((text, i) => text + render(inserts[i])).join(""));
}

function render(insert: Insert): string {
  if (insert === undefined || insert === false) return "";
  if (insert instanceof Markup) return insert.toString();
  if (typeof insert === "object") return insert.map(render).join("");
  return escapeText(String(insert));
}

/** The text with a capital first letter. */
export function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
