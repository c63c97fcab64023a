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
  const text = embeddedText(name);
  // It is younger than WebGPU. The loop takes longer, `Uint8Array.from` thirty times as long as that.
  const knowsBase64: boolean = "fromBase64" in Uint8Array;
  if (knowsBase64) return Uint8Array.fromBase64(text);
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return bytes;
}
