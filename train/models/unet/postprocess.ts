/**
 * From a probability map to labelled objects, as in the method: Otsu's threshold, opening, connected
 * components, and a minimum size. All on the GPU.
 *
 * @module
 */

import type { Device } from "../../../kernels/gpu/device.ts";
import {
  type Band,
  bandedOtsuSteps,
  bandedRangeSteps,
  bandedRegionSteps,
  bandsOf,
  binaryOpening,
  componentSteps,
  type Connectivity,
  otsuSteps,
  piecePixels,
  type RegionNumbers,
  runSteps,
  type Steps,
  threshold as thresholdMask,
  valueRangeSteps,
} from "../../../kernels/masks/mod.ts";
import { planeSize } from "../../../kernels/parts/plane.ts";
import { Tensor } from "../../../kernels/gpu/tensor.ts";
import type { LabelImage, Plane } from "../../images/image.ts";
import {
  checkValues,
  oneNumberOf,
  refuseValue,
  type Rule,
  type SettingGroup,
  share,
} from "../../settings.ts";

/**
 * How a probability map becomes objects.
 *
 * @category Models
 */
export interface PostprocessSettings {
  /** The probability from which a pixel is foreground (≥), or `otsu` to choose it per frame. */
  threshold: "otsu" | number;
  /**
   * The lowest threshold that Otsu may choose. Otsu always finds two classes, in an empty frame
   * those of the noise: where nothing reaches this probability, there is no object.
   */
  otsuFloor: number;
  /** The highest threshold that Otsu may choose: a frame full of foreground stays whole. */
  otsuCeiling: number;
  /**
   * Erosions with the 4-neighbour cross, followed by as many dilations; 0 for none. Removes specks
   * and thin bridges.
   */
  opening: number;
  /** Which neighbours belong to one object: the 4 that share a side, or all 8. */
  connectivity: Connectivity;
  /** Objects with fewer pixels are removed; 0 or 1 keeps all. */
  minSize: number;
}

/** One opening and 4 neighbours as in the method's code; 16 pixels are a nucleus 4 pixels wide. */
export const defaultPostprocess: PostprocessSettings = {
  threshold: "otsu",
  otsuFloor: 0.25,
  otsuCeiling: 0.75,
  opening: 1,
  connectivity: 4,
  minSize: 16,
};

const count: Rule = {
  expected: "a whole number from 0",
  holds: (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 0xffffffff,
};

/** The settings of {@linkcode PostprocessSettings}, under `postprocess`. */
export const postprocessSettings: SettingGroup<{ postprocess: PostprocessSettings }> = {
  title: "From a U-Net's probability to objects",
  settings: {
    postprocess: {
      threshold: {
        value: defaultPostprocess.threshold,
        rule: {
          expected: "otsu or a number from 0 to 1",
          holds: (value) => value === "otsu" || share.holds(value),
          alsoTakes: (value) => typeof value === "number",
        },
        placeholder: "otsu|P",
        sentence:
          "The probability from which a pixel is foreground, or otsu to choose it per frame",
      },
      otsuFloor: {
        value: defaultPostprocess.otsuFloor,
        rule: share,
        sentence: "The lowest threshold that Otsu may choose",
      },
      otsuCeiling: {
        value: defaultPostprocess.otsuCeiling,
        rule: share,
        sentence: "The highest threshold that Otsu may choose",
      },
      opening: {
        value: defaultPostprocess.opening,
        rule: count,
        sentence: "Erosions followed by as many dilations; they remove specks and thin bridges",
      },
      connectivity: {
        value: defaultPostprocess.connectivity,
        rule: oneNumberOf([4, 8]),
        sentence: "Which neighbours belong to one object: the 4 that share a side, or all 8",
      },
      minSize: {
        value: defaultPostprocess.minSize,
        rule: count,
        sentence: "Objects with fewer pixels are removed",
      },
    },
  },
  check: ({ postprocess }) => checkPostprocess(postprocess),
};

/**
 * Checks that settings make sense.
 *
 * @throws {RangeError} If one does not, with its name, value and what it may be.
 */
export function checkPostprocess(settings: PostprocessSettings): void {
  const task = "post-process";
  checkValues(settings, { settings: postprocessSettings.settings.postprocess, task });
  const { otsuFloor, otsuCeiling } = settings;
  if (otsuCeiling >= otsuFloor) return;
  const expected = `a number from otsuFloor ${otsuFloor} up`;
  refuseValue("postprocess.otsuCeiling", { value: otsuCeiling, expected, task });
}

/**
 * Settings as an earlier version saved them, which took any number for a threshold: one beyond 0 or 1
 * is that of all pixels or of none.
 *
 * @param settings All of them or some.
 */
export function earlierPostprocess<S extends Partial<PostprocessSettings>>(settings: S): S {
  const within = { ...settings };
  for (const name of ["threshold", "otsuFloor", "otsuCeiling"] as const) {
    const value = settings[name];
    if (typeof value === "number") Object.assign(within, { [name]: clamp(value) });
  }
  return within;
}

function clamp(value: number): number {
  return Math.min(Math.max(value, 0), 1);
}

/**
 * Turns a probability map into a label image with ids 1, 2, 3, … in raster order of the objects'
 * first pixels.
 *
 * @param prob One plane: a tensor `[h, w]` (or with axes of extent 1 in front), which stays the
 * caller's, or a plane in CPU memory.
 * @param settings What differs from {@linkcode defaultPostprocess}.
 * @throws {RangeError} If a setting makes no sense, or a probability is NaN or infinite.
 * @throws {TypeError | RangeError} If the tensor is not one plane.
 *
 * @example
 * ```ts ignore
 * const labels = await postprocess(device, prob, { threshold: 0.5, minSize: 30 });
 * ```
 *
 * @category Models
 */
export async function postprocess(
  device: Device,
  prob: Tensor<"f32"> | Plane,
  settings: Partial<PostprocessSettings> = {},
): Promise<LabelImage> {
  const complete = { ...defaultPostprocess, ...settings };
  checkPostprocess(complete);
  if (prob instanceof Tensor) {
    return (await runSteps(device, postprocessSteps(device, prob, complete))).labels;
  }
  if (prob.data.length > piecePixels(device)) {
    return (await runSteps(device, bandedPostprocessSteps(device, prob, complete))).labels;
  }
  const uploaded = device.upload([prob.height, prob.width], prob.data);
  try {
    return (await runSteps(device, postprocessSteps(device, uploaded, complete))).labels;
  } finally {
    device.free(uploaded);
  }
}

/** The objects of one frame. */
export interface SegmentedObjects {
  /** Ids 1, 2, 3, … in raster order of the objects' first pixels. */
  readonly labels: LabelImage;
  /** Number of objects, which is the largest id. */
  readonly count: number;
}

/**
 * What {@linkcode postprocess} does, for a caller who waits for the GPU himself: three steps with
 * Otsu's threshold, two with a fixed threshold, which looks first for values that are no numbers.
 *
 * @param prob One plane, which stays the caller's.
 * @param settings All settings, which are taken for checked.
 */
export function* postprocessSteps(
  device: Device,
  prob: Tensor<"f32">,
  settings: PostprocessSettings,
): Steps<SegmentedObjects> {
  const { height, width } = planeSize(prob.shape, "post-process");
  const threshold = yield* chooseThreshold(settings, {
    otsu: otsuSteps(device, prob),
    range: valueRangeSteps(device, prob),
  });
  const mask = openedMask(device, prob, { threshold, opening: settings.opening });
  try {
    const { labels, count } = yield* componentSteps(device, mask, settings);
    return { labels: { width, height, data: labels }, count };
  } finally {
    device.free(mask);
  }
}

/**
 * The same for a map in CPU memory that is larger than a buffer of the GPU, in bands of rows.
 *
 * @param options.pixels The most pixels of a band; what buffers and memory allow unless told.
 */
export function* bandedPostprocessSteps(
  device: Device,
  { width, height, data }: Plane,
  settings: PostprocessSettings & { pixels?: number },
): Steps<SegmentedObjects> {
  const labels = new Uint32Array(width * height);
  let filled = 0;
  const { numbers, count } = yield* rowPostprocessSteps(device, {
    ...{ width, height },
    read: (from, to) => data.subarray(from * width, to * width),
    keep(band) {
      labels.set(band, filled);
      filled += band.length;
    },
  }, settings);
  for (let i = 0; i < labels.length; i++) labels[i] = numbers[labels[i]];
  return { labels: { width, height, data: labels }, count };
}

/** A map whose rows are somewhere, and where the first numbers of its objects go. */
export interface RowMap {
  /** Columns. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** Gives rows of probabilities, from one up to but without another. */
  read(from: number, to: number): Float32Array<ArrayBuffer>;
  /** Takes the first numbers of the next rows. */
  keep(labels: Uint32Array<ArrayBuffer>): void;
}

/**
 * The same for a map that is not in memory: objects are told by first numbers, and in the end what those
 * mean.
 *
 * @param options.pixels The most pixels of a band; what buffers and memory allow unless told.
 */
export function* rowPostprocessSteps(
  device: Device,
  { width, height, read, keep }: RowMap,
  { pixels = piecePixels(device), ...settings }: PostprocessSettings & { pixels?: number },
): Steps<RegionNumbers> {
  const bands = bandsOf({ width, height }, pixels);
  const rowsOf = (top: number, bottom: number) =>
    device.upload([bottom - top, width], read(top, bottom));
  const bandOf = ({ top, rows }: Band) => rowsOf(top, top + rows);
  const threshold = yield* chooseThreshold(settings, {
    otsu: bandedOtsuSteps(device, bands, bandOf),
    range: bandedRangeSteps(device, bands, bandOf),
  });
  // Erosions and dilations see no further than their number.
  const reach = 2 * settings.opening;
  const upload = ({ top, rows }: Band) => {
    using scope = device.scope();
    const from = Math.max(0, top - reach);
    const prob = rowsOf(from, Math.min(height, top + rows + reach));
    const mask = openedMask(device, prob, { threshold, opening: settings.opening });
    const band = scope.keep(device.empty([rows, width], "u32"));
    device.copy({ from: mask, fromOffset: (top - from) * width, to: band, count: rows * width });
    return band;
  };
  const image = { width, height, bands, upload };
  return yield* bandedRegionSteps(device, image, {
    ...settings,
    keep: (_, labels) => keep(labels),
  });
}

/** Both ways refuse a map with NaN: the answer of a broken network would be no objects, or one. */
function* chooseThreshold(
  { threshold, otsuFloor, otsuCeiling }: PostprocessSettings,
  { otsu, range }: { otsu: Steps<number>; range: Steps<unknown> },
): Steps<number> {
  if (threshold !== "otsu") {
    yield* range;
    return threshold;
  }
  return Math.min(Math.max(yield* otsu, otsuFloor), otsuCeiling);
}

function openedMask(
  device: Device,
  prob: Tensor<"f32">,
  { threshold, opening }: { threshold: number; opening: number },
): Tensor<"u32"> {
  using scope = device.scope();
  const mask = thresholdMask(device, prob, { threshold });
  return scope.keep(opening === 0 ? mask : binaryOpening(device, mask, { iterations: opening }));
}
