/**
 * A kind of model as a record: its settings, its network, what it is trained for, and the way from its
 * answers to objects.
 *
 * @module
 */

import type { Device } from "../../kernels/gpu/device.ts";
import type { Steps } from "../../kernels/masks/mod.ts";
import type { LossKind } from "../../nn/losses.ts";
import type { Architecture, Network } from "../../nn/module.ts";
import type { NetworkKind } from "../../nn/networks/list.ts";
import type { Channels, LabelImage, Plane } from "../images/image.ts";
import type { Sample } from "../images/sample.ts";
import type { Outline } from "../objects/outline.ts";
import type { SettingGroup } from "../settings.ts";
import type { Objective } from "./objective.ts";
import type { RowSegmentation, RowSegmentOptions } from "./tiles/row_blocks.ts";
import type { View } from "./views.ts";

/**
 * A change of some settings, nested like the settings.
 *
 * @category Kinds of models
 */
export type SettingChange = { readonly [name: string]: unknown };

/**
 * A kind of model.
 *
 * @typeParam S The settings of a run that it reads: its own and those of others.
 * @category Kinds of models
 */
export interface ModelKind<S extends object = object> {
  /** Its name in settings and in files of weights. */
  readonly name: string;
  /** What it is called in sentences: `a U-Net`. */
  readonly label: string;
  /** When to use it, in one sentence without a final period. */
  readonly sentence: string;
  /** Settings of its own. */
  readonly group: SettingGroup<object>;
  /** What it changes of the defaults of all other settings. */
  readonly defaults: SettingChange;
  /** Its network. */
  readonly network: NetworkKind;
  /** The network that settings describe. */
  architecture(settings: S): Architecture;
  /** What the sides of its images must be multiples of. */
  sizeMultiple(settings: S): number;
  /** The settings that describe a network: the inverse of {@linkcode ModelKind.architecture}. */
  settingsOf(architecture: Architecture): SettingChange;
  /** How it finds objects; null for a kind that finds something else. */
  readonly objects: ObjectModel<S> | null;
}

/**
 * What a user wants otherwise than a model says about the way from its answers to objects.
 *
 * @category Kinds of models
 */
export interface DecodeChanges {
  /** The probability from which a pixel is foreground, above which it proposes an object; or `otsu`. */
  readonly threshold?: "otsu" | number;
  /** How much two objects of StarDist may overlap, as a share of the smaller one. */
  readonly nms?: number;
  /** Erosions of a U-Net's foreground, followed by as many dilations. */
  readonly opening?: number;
  /** The fewest pixels of a U-Net's object. */
  readonly minSize?: number;
}

/**
 * What a user wants otherwise than a model says, and which only this kind of model can fulfil.
 *
 * @category Kinds of models
 */
export interface Wish {
  /** Its flag, with the value where it depends on it. */
  readonly flag: string;
  /** Why other models cannot, and what to do. */
  readonly reason: string;
  /** Whether it was expressed. */
  isMade(changes: DecodeChanges): boolean;
}

/**
 * The way of a kind of model from labels to losses, and from answers to objects.
 *
 * @typeParam S The settings of a run that it reads.
 * @typeParam D What decoding depends on, as plain JSON; stored with the weights.
 * @category Kinds of models
 */
export interface ObjectModel<S extends object = object, D extends object = object> {
  /** The one loss on stills that it has of its own; otherwise any that compares two maps will do. */
  readonly ownLoss?: string;
  /** Whether a network that sees no foreground anywhere has no gradient to learn from any more. */
  readonly canDie?: boolean;
  /** Whether it proposes objects that it does not keep, and can tell of them. */
  readonly hasDoubts?: boolean;
  /** What it is trained for. */
  objective(settings: S, options: { losses: readonly LossKind[] }): Objective;
  /** How answers become objects, before anything was tuned. */
  decoding(settings: S): D;
  /** Decoding as metadata of a file of weights. */
  encodeDecoding(decode: D): Record<string, string>;
  /**
   * Decoding from the metadata of a file of weights.
   *
   * @throws {Error} If it is missing or makes no sense.
   */
  readDecoding(metadata: Readonly<Record<string, string>>): D;
  /** What only this kind of model can fulfil. */
  readonly wishes: readonly Wish[];
  /**
   * Decoding as a user wants it.
   *
   * @throws {RangeError} If a value makes no sense.
   */
  changeDecoding(decode: D, changes: DecodeChanges): D;
  /** Queues the network for an image, and takes its answer to objects when asked to go on. */
  segment(device: Device, options: SegmentOptions<D>): Steps<Segmentation>;
  /**
   * The two halves of {@linkcode ObjectModel.segment}, for those who have the second one done elsewhere; left
   * out where it is hardly anything.
   */
  readonly halves?: SegmentHalves<D>;
  /**
   * Segments an image of which only some rows are in memory at a time, to the same end as
   * {@linkcode ObjectModel.segment}; left out where it cannot.
   */
  segmentRows?(device: Device, options: RowSegmentOptions<D>): Promise<RowSegmentation>;
  /**
   * Proposes objects of an image, doubtful ones too, each with how sure the network is of it. With it a
   * network can teach; left out where it cannot.
   */
  propose?(
    device: Device,
    options: SegmentOptions<D>,
  ): Steps<{ labels: LabelImage; scores: Map<number, number> }>;
  /** Picks the decoding that finds most on labelled stills; left out where there is nothing to pick. */
  tune?(
    device: Device,
    options: { network: Network; stills: readonly Sample[] },
  ): Promise<D>;
  /** The objects of an image with a decoding and, found in the same search, with the untuned one. */
  segmentTwice?(
    device: Device,
    options: SegmentOptions<D>,
  ): Steps<{ labels: LabelImage; untuned: LabelImage }>;
}

/**
 * A segmentation in two halves, the first of which needs the GPU. Answers and what is found in them are plain:
 * numbers, arrays and records of such, which can be copied from thread to thread.
 *
 * @typeParam D What decoding depends on.
 * @typeParam A What the network answered.
 * @typeParam F What was found in it.
 * @category Kinds of models
 */
export interface SegmentHalves<D extends object = object, A = unknown, F = unknown> {
  /** Queues the network for an image, and takes what it answers. */
  answer(device: Device, options: SegmentOptions<D>): Steps<A>;
  /** Finds the objects in an answer, which may be changed by that. */
  find(answer: A): F;
  /** What was found, as {@linkcode ObjectModel.segment} gives it. */
  segmentation(found: F): Segmentation;
}

/**
 * What to segment, and how.
 *
 * @category Kinds of models
 */
export interface SegmentOptions<D extends object = object> {
  /** A network with its weights. */
  readonly network: Network;
  /** The normalised image. */
  readonly image: Plane | Channels;
  /** How its answer becomes objects; taken for checked. */
  readonly decode: D;
  /** The gain at which it is seen, see `expose`; 1 unless told. */
  readonly exposure?: number;
  /** The views whose answers are averaged; the image as it is unless told. */
  readonly views?: readonly View[];
  /** Largest side of a tile in pixels; as memory asks for unless told. */
  readonly tile?: number;
  /** Whether the probability map is wanted too. */
  readonly wantsMap?: boolean;
  /** Whether doubtful objects are wanted too, where the kind knows of any. */
  readonly wantsDoubtful?: boolean;
}

/**
 * The objects of one image.
 *
 * @category Kinds of models
 */
export interface Segmentation {
  /** Ids from 1 on. */
  readonly labels: LabelImage;
  /** Number of objects. */
  readonly count: number;
  /** The objects' outlines, where the kind knows them better than their labels show. */
  readonly outlines: (() => readonly Outline[]) | null;
  /** The probability map, if it was asked for. */
  readonly map: Plane | null;
  /** Objects that were proposed and not kept, where no object is; if they were asked for. */
  readonly doubtful?: LabelImage | null;
}
