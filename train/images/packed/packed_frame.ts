/**
 * Frames that take less memory while nobody looks at them: see `packed_sample.ts`.
 *
 * @module
 */

import { channelCount, type Channels, type Plane } from "../image.ts";
import type { Sample } from "../sample.ts";
import { type PackedNumbers, packNumbers } from "./packed_sample.ts";

/** An image whose pixels are packed. */
export interface PackedFrame {
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
  /** Planes. */
  readonly channels: number;
  /** Its packed pixels. */
  readonly packed: PackedNumbers<Float32Array<ArrayBuffer>>;
}

/** Packs an image, if that makes it smaller. */
export function packFrame(image: Plane | Channels): Channels | PackedFrame {
  const channels = channelCount(image);
  const packed = packNumbers(image.data);
  if (packed === null) return { ...image, channels };
  return { width: image.width, height: image.height, channels, packed };
}

/**
 * An image as everybody knows it: its `data` is unpacked when it is first asked for, once for each object. Who
 * wants no more than a patch of it takes {@linkcode frameSample}.
 */
export function unpackedLater(frame: Channels | PackedFrame): Channels {
  if (!("packed" in frame)) return { ...frame };
  const { width, height, channels, packed } = frame;
  let data: Float32Array<ArrayBuffer> | undefined;
  return Object.defineProperties({ width, height, channels } as Channels, {
    // What is copied of it with `...` is a plain image.
    packed: { value: packed },
    data: { enumerable: true, get: () => data ??= packed.unpack() },
  });
}

/** An image to cut patches from, which are unpacked by themselves. */
export function frameSample(frame: Channels | PackedFrame): Sample {
  const { channels, width, height } = frame;
  if (!("packed" in frame)) return { channels, width, height, image: frame.data };
  return Object.defineProperties({ channels, width, height } as Sample, {
    packed: { value: { image: frame.packed } },
    image: { enumerable: true, get: () => frame.packed.unpack() },
  });
}
