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
  return new Uint8Array(await crypto.subtle.digest("SHA-256", all)).toHex();
}
