/**
 * What the desk keeps of a movie over a reload: labels, and a model that was learned for it.
 *
 * @module
 */

import { decodeImage, readLabels } from "../../../train/images/formats/decode.ts";
import { encodeFrames } from "../../../train/objects/formats/encode_frames.ts";
import { labelTiff } from "../../../train/objects/formats/label_tiff.ts";
import type { KeptHead } from "../../shared/messages.ts";
import type { FileStore } from "../store.ts";
import { Results } from "./results.ts";

const HEAD = "head.json";
const LABELS = "labels.tif";
const MODEL = "model.safetensors";

/** What is kept; null for nothing. */
export async function keptHead(files: FileStore): Promise<KeptHead | null> {
  const bytes = await files.read(HEAD);
  return bytes && JSON.parse(new TextDecoder().decode(bytes));
}

async function writeHead(files: FileStore, head: KeptHead): Promise<void> {
  await files.write(HEAD, new TextEncoder().encode(JSON.stringify(head)));
}

/** Keeps what was found; what was kept of another movie is forgotten. */
export async function keepResults(
  files: FileStore,
  { key, name, results }: { key: string; name: string; results: Results },
): Promise<void> {
  const before = await keptHead(files);
  const { frames } = results;
  const all = frames.map((frame) => ({ labels: results.at(frame)! }));
  const parts = await encodeFrames(labelTiff, all, { pages: frames.length });
  const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
  const isSame = before?.key === key;
  // A head that names frames which the labels lack would be of no use: it comes last.
  await files.remove(HEAD);
  await files.write(LABELS, bytes);
  if (!isSame) await files.remove(MODEL);
  await writeHead(files, { key, name, frames, model: isSame ? before.model : null });
}

/** Keeps a model beside what was found. */
export async function keepModel(
  files: FileStore,
  { name, bytes }: { name: string; bytes: Uint8Array<ArrayBuffer> },
): Promise<void> {
  const head = await keptHead(files);
  if (head === null) return;
  await files.write(MODEL, bytes);
  await writeHead(files, { ...head, model: name });
}

/** What was found in a movie before; null where nothing is kept of it. */
export async function restoreResults(
  files: FileStore,
  key: string,
): Promise<
  { results: Results; model: { name: string; bytes: Uint8Array<ArrayBuffer> } | null } | null
> {
  const head = await keptHead(files);
  const bytes = await files.read(LABELS);
  if (head === null || head.key !== key || bytes === null || head.frames.length === 0) return null;
  const stack = await decodeImage(bytes);
  const results = new Results();
  for (const [page, frame] of head.frames.entries()) {
    results.set(frame, await readLabels(stack, page));
  }
  const model = head.model === null ? null : await files.read(MODEL);
  return { results, model: model && { name: head.model!, bytes: model } };
}

/** Forgets all. */
export async function forgetResults(files: FileStore): Promise<void> {
  for (const name of [HEAD, LABELS, MODEL]) await files.remove(name);
}
