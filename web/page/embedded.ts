/// <reference lib="dom" />
/**
 * What the page carries inside itself.
 *
 * @module
 */

/** What there is: the workers' script, the built-in model and its stills, an example movie. */
export type Embedded = "worker" | "weights" | "stills" | "example";

/** Its text. */
export function embeddedText(name: Embedded): string {
  return document.getElementById(`embedded-${name}`)?.textContent ?? "";
}

/** Its bytes. */
export function embeddedBytes(name: Embedded): Uint8Array<ArrayBuffer> {
  return Uint8Array.fromBase64(embeddedText(name));
}
