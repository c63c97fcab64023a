/**
 * What a user wants otherwise than a model says about the way from its answers to objects. A U-Net and
 * StarDist go different ways, so not every wish fits every model.
 *
 * @module
 */

import type { SegmentationKind } from "../jobs/train/config.ts";
import { checkPostprocess } from "./postprocess.ts";
import type { DecodeSettings } from "./segment.ts";

/** What differs from the model's own settings. */
export interface DecodeChanges {
  /** The probability from which a pixel is foreground, above which it proposes an object; or `otsu`. */
  readonly threshold?: "otsu" | number;
  /** How much two objects of StarDist may overlap, as a share of the smaller one. */
  readonly nms?: number;
  /** Erosions of a U-Net's foreground, followed by as many dilations. */
  readonly opening?: number;
  /** The fewest pixels of a U-Net's object. */
  readonly minSize?: number;
  /** Whether a U-Net's answers to eight orientations are averaged. */
  readonly tta?: boolean;
}

/** A wish that only models of one kind can fulfil. */
interface Wish {
  readonly flag: string;
  readonly kind: SegmentationKind;
  /** Why other models cannot, and what to do. */
  readonly reason: string;
  isMade(changes: DecodeChanges): boolean;
}

const WISHES: readonly Wish[] = [
  {
    flag: "--threshold otsu",
    kind: "unet",
    reason: "it chooses its threshold on labelled stills; give a number, or leave the flag out",
    isMade: ({ threshold }) => threshold === "otsu",
  },
  {
    flag: "--opening",
    kind: "unet",
    reason: "its objects are polygons, not connected pixels; leave the flag out",
    isMade: ({ opening }) => opening !== undefined,
  },
  {
    flag: "--min-size",
    kind: "unet",
    reason: "its objects are polygons, not connected pixels; leave the flag out",
    isMade: ({ minSize }) => minSize !== undefined,
  },
  {
    flag: "--tta",
    kind: "unet",
    reason: "its rays and its grid do not turn with the image; leave the flag out",
    isMade: ({ tta }) => tta === true,
  },
  {
    flag: "--nms",
    kind: "stardist",
    reason: "its objects are connected pixels, which never overlap; leave the flag out",
    isMade: ({ nms }) => nms !== undefined,
  },
];

const NAMES: Readonly<Record<SegmentationKind, string>> = { unet: "a U-Net", stardist: "StarDist" };

/**
 * Refuses what no model can fulfil, so that none need be read.
 *
 * @throws {TypeError} If some wishes are for a U-Net and others for StarDist.
 * @throws {RangeError} If the overlap threshold is not from 0 to 1.
 */
export function checkDecodeChanges(changes: DecodeChanges): void {
  const [first, ...rest] = WISHES.filter((wish) => wish.isMade(changes));
  const other = rest.find(({ kind }) => kind !== first.kind);
  if (other) {
    throw new TypeError(
      `Cannot use ${first.flag} together with ${other.flag}: the first is for ${
        NAMES[first.kind]
      }, the ` +
        `second for ${NAMES[other.kind]}; leave out the one that is not for your model`,
    );
  }
  if (changes.nms !== undefined) requireShare("--nms", changes.nms);
}

/**
 * A model's settings with the changes that a user wants.
 *
 * @param model Its own settings, the kind of its network, and its file for errors.
 * @throws {TypeError} If a change is for models of another kind.
 * @throws {RangeError} If a value makes no sense.
 */
export function changeDecode(
  changes: DecodeChanges,
  { decode, kind, file }: { decode: DecodeSettings; kind: SegmentationKind; file: string },
): DecodeSettings {
  const wrong = WISHES.find((wish) => wish.isMade(changes) && wish.kind !== kind);
  if (wrong) {
    throw new TypeError(
      `Cannot use ${wrong.flag} with ${file}, a model of ${NAMES[kind]}: ${wrong.reason}`,
    );
  }
  const { threshold, nms, opening, minSize } = changes;
  if (kind === "unet") {
    const postprocess = { ...decode.postprocess, ...withoutGaps({ threshold, opening, minSize }) };
    checkPostprocess(postprocess);
    return { ...decode, postprocess };
  }
  const prob = threshold as number | undefined;
  if (prob !== undefined) requireShare("--threshold", prob);
  if (nms !== undefined) requireShare("--nms", nms);
  return { ...decode, thresholds: { ...decode.thresholds, ...withoutGaps({ prob, nms }) } };
}

function requireShare(flag: string, value: number): void {
  if (value >= 0 && value <= 1) return;
  throw new RangeError(`Cannot use ${flag} ${value}: expected a number from 0 to 1`);
}

/** The settings that are given. */
function withoutGaps<T extends object>(settings: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const given = Object.entries(settings).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
