/**
 * The description that ImageJ writes into the first page of a stack: lines of `key=value`.
 *
 * @module
 */

import { counted, wordFor } from "../../../counted.ts";
import { unreadable } from "../../bytes.ts";
import {
  type DescribedFile,
  pagesAsFrames,
  pagesInOrder,
  type StackAxis,
  type StackLayout,
} from "./layout.ts";

/** Whether a description is ImageJ's. */
export function isImageJ(description: string): boolean {
  return description.startsWith("ImageJ=");
}

/** The tags of ImageJ's own metadata: how many bytes each part has, and the parts. */
export const [IMAGEJ_COUNTS, IMAGEJ_METADATA]: readonly [number, number] = [50838, 50839];
const [MAGIC, LABELS] = ["IJIJ", "labl"];

/**
 * The names of planes in ImageJ's own metadata: a list of kinds of parts and how many there are of each, then
 * the parts, texts as UTF-16; all in the byte order of the file.
 *
 * @param counts Bytes of each part, of the list first.
 */
export function imageJLabels(
  metadata: Uint8Array<ArrayBuffer>,
  { counts, littleEndian }: { counts: readonly number[]; littleEndian: boolean },
): string[] {
  const view = new DataView(metadata.buffer, metadata.byteOffset, metadata.byteLength);
  const [head = 0, ...parts] = counts;
  const letters = (at: number) =>
    Array.from({ length: 4 }, (_, i) => String.fromCharCode(view.getUint8(at + i)));
  const nameAt = (at: number) => (littleEndian ? letters(at).toReversed() : letters(at)).join("");
  if (head < 12 || head > metadata.length || nameAt(0) !== MAGIC) return [];
  const decoder = new TextDecoder(littleEndian ? "utf-16le" : "utf-16be");
  const labels: string[] = [];
  let part = 0;
  let offset = head;
  for (let at = 4; at + 8 <= head; at += 8) {
    const isLabel = nameAt(at) === LABELS;
    for (let left = view.getUint32(at + 4, littleEndian); left > 0 && part < parts.length; left--) {
      const end = offset + parts[part++];
      if (isLabel) labels.push(decoder.decode(metadata.subarray(offset, end)));
      offset = end;
    }
  }
  return labels;
}

/** Names of channels from those of planes, channels fastest: every plane of a channel has the same. */
function namesOfChannels(labels: readonly string[], { c, order }: {
  c: number;
  order: readonly StackAxis[];
}): Pick<StackLayout, "channelNames"> {
  // ImageJ may write where a plane is before its name.
  const names = labels.map((label) => label.replace(/^(?:[czt]:\d+\/\d+ ?)+(?:- )?/, "").trim());
  const first = names.slice(0, c);
  const areNames = c > 1 && order[0] === "C" && first.length === c && new Set(first).size === c &&
    names.every((name, i) => name !== "" && name === first[i % c]);
  return areNames ? { channelNames: first } : {};
}

/** The number of images an ImageJ description speaks of, or 1. */
export function imageJCount(description: string): number {
  return isImageJ(description) ? numberOf(description, "images") ?? 1 : 1;
}

/** Whether it says that the samples of a pixel are channels, not a colour. */
export function hasSampleChannels(description: string, samples: number): boolean {
  return isImageJ(description) && samples > 1 && numberOf(description, "channels") === samples &&
    imageJValue(description, "mode") !== "rgb";
}

/** The value of a key in an ImageJ description. */
export function imageJValue(description: string, key: string): string | undefined {
  const line = description.split("\n").find((line) => line.startsWith(`${key}=`));
  return line?.slice(key.length + 1).trim();
}

function numberOf(description: string, key: string): number | undefined {
  const value = imageJValue(description, key);
  return value !== undefined && /^\d+$/.test(value) ? Number(value) : undefined;
}

/**
 * The layout of a stack that ImageJ describes. Channels are fastest, then slices, then frames, unless it
 * has an `order` (`zct`: slices fastest).
 *
 * @throws {SyntaxError} If it speaks of images that the file does not have.
 */
export function imageJLayout(
  description: string,
  { path, pages, samples, labels = [] }: DescribedFile,
): StackLayout {
  const inPixel = hasSampleChannels(description, samples);
  const c = inPixel ? 1 : numberOf(description, "channels") ?? 1;
  const z = numberOf(description, "slices") ?? 1;
  const t = numberOf(description, "frames") ?? 1;
  const images = inPixel ? c * z * t : numberOf(description, "images") ?? c * z * t;
  if (images > pages) {
    throw unreadable(
      path,
      `its ImageJ description speaks of ${counted(images, "image")}, ${pages} ${
        wordFor(pages, "is", "are")
      } there`,
      "it was cut short, or its recording stopped: save what is there as a new file",
    );
  }
  const order = orderOf(description);
  if (c * z * t === pages) {
    return {
      ...pagesInOrder({ T: t, Z: z, C: c }, { order }),
      ...namesOfChannels(labels, { c, order }),
    };
  }
  const complete = Math.floor(pages / (c * z));
  const isStopped = images === pages && c * z * t > pages && order[2] === "T" && complete > 0;
  const sizes = `${counted(c, "channel")}, ${counted(z, "slice")} and ${counted(t, "frame")}`;
  if (!isStopped) {
    // What is left over from another image says nothing about these pages.
    const what =
      `its ImageJ description speaks of ${sizes}, which its ${pages} pages are not: they ` +
      "are read as frames";
    return pagesAsFrames(pages, c * z > 1 ? [what] : []);
  }
  const note = `its ImageJ description speaks of ${sizes}, its ${pages} pages are ` +
    `${counted(complete, "whole frame")}: these are read`;
  return pagesInOrder({ T: complete, Z: z, C: c }, { order, notes: [note] });
}

function orderOf(description: string): StackAxis[] {
  const order = imageJValue(description, "order")?.toUpperCase().replace(/^XY/, "");
  const isKnown = order !== undefined && [...order].sort().join("") === "CTZ";
  return [...isKnown ? order : "CZT"] as StackAxis[];
}
