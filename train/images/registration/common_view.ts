/**
 * Frames of a moving video as one that stands still: the part of the scene that all of them show, moved by
 * whole pixels, so that none is resampled.
 *
 * @module
 */

import { unusable } from "../faults/input_fault.ts";
import type { Channels, LabelImage, Shift } from "../image.ts";
import { type Frames, middlePlane } from "../series/frames.ts";
import { type ImageShift, Registration } from "./phase_correlation.ts";

/** The part of the scene that all frames show, and where it is in each. */
export interface CommonView {
  /** Its width in pixels. */
  readonly width: number;
  /** Its height in pixels. */
  readonly height: number;
  /** Its upper left corner in each frame. */
  readonly corners: readonly { readonly top: number; readonly left: number }[];
}

/**
 * How far the frames of a video have moved since the first one.
 *
 * @throws {SyntaxError | RangeError} If a frame has to be read and its file is damaged.
 */
export async function shiftsOf(
  frames: Pick<Frames, "length" | "frame">,
  onFrame: () => void = () => {},
): Promise<ImageShift[]> {
  const registration = new Registration();
  const shifts: ImageShift[] = [];
  for (let i = 0; i < frames.length; i++) {
    shifts.push(registration.add(middlePlane(await frames.frame(i))));
    onFrame();
  }
  return shifts;
}

/**
 * The part of the scene that all frames show.
 *
 * @param size The size of frames.
 * @param shifts How far each has moved since the first one.
 * @param options.least The shortest side that is of use, in pixels; and what the video is called.
 * @throws {RangeError} If that part is smaller.
 */
export function commonView(
  size: { readonly width: number; readonly height: number },
  shifts: readonly Shift[],
  { least, name }: { least: number; name: string },
): CommonView {
  const along = (length: number, ways: readonly number[]) => {
    const first = ways.reduce((most, way) => Math.max(most, -way), 0);
    const end = ways.reduce((fewest, way) => Math.min(fewest, length - way), length);
    return { first, length: end - first };
  };
  const [downs, rights] = [
    shifts.map(({ y }) => Math.round(y)),
    shifts.map(({ x }) => Math.round(x)),
  ];
  const [rows, columns] = [along(size.height, downs), along(size.width, rights)];
  if (!(rows.length >= least && columns.length >= least)) {
    throw unusable(
      `Cannot stabilise ${name}: it moves so far that all frames show only ` +
        `${Math.max(0, columns.length)}x${
          Math.max(0, rows.length)
        } pixels of the same scene, fewer than a ` +
        `patch of ${least}; give a shorter part of it, or leave stabilise out`,
    );
  }
  return {
    ...{ width: columns.length, height: rows.length },
    corners: shifts.map((_, i) => ({
      top: rows.first + downs[i],
      left: columns.first + rights[i],
    })),
  };
}

/** The frames of a video, cut to what all of them show. */
export function viewedFrames(frames: Frames, view: CommonView): Frames {
  const { width, height, corners } = view;
  const frame = async (i: number): Promise<Channels> => {
    const image = await frames.frame(i);
    const data = new Float32Array(image.channels * width * height);
    for (let c = 0; c < image.channels; c++) {
      const plane = image.data.subarray(c * image.width * image.height);
      cutInto(data.subarray(c * width * height), {
        from: plane,
        of: image,
        view,
        corner: corners[i],
      });
    }
    return { width, height, channels: image.channels, data };
  };
  return { ...frames, width, height, frame };
}

/** The labels of frame i, cut to what all frames show. */
export function viewedLabels(labels: LabelImage, view: CommonView, i: number): LabelImage {
  const { width, height, corners } = view;
  const data = new Uint32Array(width * height);
  cutInto(data, { from: labels.data, of: labels, view, corner: corners[i] });
  return { width, height, data };
}

function cutInto(
  data: Float32Array | Uint32Array,
  { from, of, view: { width, height }, corner: { top, left } }: {
    from: ArrayLike<number> & { subarray(from: number, to: number): ArrayLike<number> };
    of: { readonly width: number };
    view: CommonView;
    corner: CommonView["corners"][number];
  },
): void {
  for (let y = 0; y < height; y++) {
    const start = (top + y) * of.width + left;
    data.set(from.subarray(start, start + width), y * width);
  }
}
