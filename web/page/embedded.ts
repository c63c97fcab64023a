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
  // `Uint8Array.fromBase64` is younger than WebGPU; `Uint8Array.from` would take thirty times as long.
  const characters = atob(embeddedText(name));
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return bytes;
}
