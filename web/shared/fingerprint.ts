/**
 * What tells contents apart.
 *
 * @module
 */

/** Tells contents apart by their SHA-256, in hexadecimal digits. */
export async function fingerprint(parts: readonly ArrayBufferView<ArrayBuffer>[]): Promise<string> {
  const hashes: ArrayBuffer[] = [];
  for (const part of parts) hashes.push(await crypto.subtle.digest("SHA-256", part));
  const all = await new Blob(hashes).arrayBuffer();
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", all));
  // `toHex` is younger than WebGPU.
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
