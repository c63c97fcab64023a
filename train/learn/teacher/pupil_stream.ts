/**
 * What a student learns from: patches of video frames with a teacher's labels, each at another exposure,
 * turned, blurred and noisy. The teacher saw the frames better than the student is shown them, so there
 * is something to learn.
 *
 * @module
 */

import { exposureCurve } from "../../images/exposure.ts";
import { isObject } from "../../images/image.ts";
import { frameSample } from "../../images/packed/packed_frame.ts";
import { Random, type RandomState } from "../../images/random.ts";
import type { Frames } from "../../images/series/frames.ts";
import type { TargetEncoder } from "../../models/objective.ts";
import type { AugmentationDraw } from "../patches/augment.ts";
import { type AugmentationTask, type Augmenter, augmentHere } from "../patches/augmenter.ts";
import { type Batch, batchOf, type BatchStream } from "../batches.ts";
import { cropSample } from "../patches/patches.ts";
import type { RunLabels } from "./pseudo_labels.ts";

/**
 * A video and a teacher's labels of all its frames.
 *
 * @category Teacher
 */
export interface TaughtVideo {
  /** Normalised frames, at their plain exposure. */
  readonly frames: Frames;
  /** The exposure at which the teacher saw them. */
  readonly exposure: number;
  /** Whether they look label-free: what is dark is no dim object there, and no exposure brings it out. */
  readonly isLabelFree: boolean;
  /** Labels of each frame. */
  readonly labels: readonly RunLabels[];
}

/**
 * How patches are drawn.
 *
 * @category Teacher
 */
export interface PupilSettings {
  /** Side of the patches in pixels. */
  readonly patch: number;
  /** Patches of a batch. */
  readonly count: number;
  /** Share of the patches that must contain an object. */
  readonly foreground: number;
  /** Seed of frames, places and exposures. */
  readonly seed: number;
  /** Makes targets from labels. */
  readonly encode: TargetEncoder;
  /** Whether patches are shown at other exposures, where these mean something; they are unless told. */
  readonly exposes?: boolean;
}

/** The natural logarithm of the gains that a patch is shown at, or further, to the teacher's own. */
const GAINS = [-0.3, 1.9] as const;
/** The same where exposures mean nothing. */
const PLAIN_GAINS = [-0.3, 0.3] as const;
/** How much further than the teacher's exposure. */
const BEYOND = 0.3;
/** The share of brightened patches that are bent as by an exposure; the others are multiplied. */
const BENT = 0.7;
const GAMMAS = { probability: 0.5, range: [-0.4, 0.4] as const };
const BLUR = { probability: 0.3, most: 1.2 };
const OFFSET = 0.1;
const NOISE = 0.06;
/** How often a place with an object is looked for. */
const MOST_TRIES = 20;

/** Where a {@linkcode PupilStream} stands, as plain JSON. */
interface PupilState {
  readonly random: RandomState;
}

/**
 * Batches of patches with a teacher's labels.
 *
 * @category Teacher
 */
export class PupilStream implements BatchStream {
  readonly #videos: readonly TaughtVideo[];
  readonly #settings: PupilSettings;
  readonly #frames: number;
  #random: Random;

  /**
   * Starts a stream.
   *
   * @throws {RangeError} If there is no frame.
   */
  constructor(videos: readonly TaughtVideo[], settings: PupilSettings) {
    this.#videos = videos;
    this.#settings = settings;
    this.#frames = videos.reduce((sum, { frames }) => sum + frames.length, 0);
    if (this.#frames === 0) throw new RangeError("Cannot train a student: there is no video");
    this.#random = new Random(settings.seed, 3);
  }

  /**
   * The next batch. What is in it is chosen at once; only reading frames takes time.
   *
   * @param augment Augments its samples; this thread unless told.
   * @throws {SyntaxError | RangeError} If a frame has to be read and its file is damaged.
   */
  async next(augment: Augmenter = augmentHere): Promise<Batch> {
    const { count, encode } = this.#settings;
    const chosen = Array.from({ length: count }, () => this.#choose());
    const tasks = await Promise.all(chosen.map((choice) => patchOf(choice)));
    return batchOf(await augment(tasks), { encode });
  }

  /** Where it stands, to be saved. */
  get state(): unknown {
    return { random: this.#random.state } satisfies PupilState;
  }

  /** Goes on from a saved state. */
  restore(state: unknown): void {
    this.#random = Random.from((state as PupilState).random);
  }

  #choose(): Choice {
    const random = this.#random;
    const { patch, foreground } = this.#settings;
    let index = random.integer(this.#frames);
    let at = 0;
    while (index >= this.#videos[at].frames.length) index -= this.#videos[at++].frames.length;
    const { frames, labels, exposure, isLabelFree } = this.#videos[at];
    const size = Math.min(patch, frames.width, frames.height);
    const needsObject = random.chance(foreground);
    let place = { x: 0, y: 0, size };
    for (let tries = 0; tries < (needsObject ? MOST_TRIES : 1); tries++) {
      place = {
        x: random.integer(frames.width - size + 1),
        y: random.integer(frames.height - size + 1),
        size,
      };
      if (labels[index].cut(place).some(isObject)) break;
    }
    const isExposed = (this.#settings.exposes ?? true) && !isLabelFree;
    const [dimmest, brightest] = isExposed ? GAINS : PLAIN_GAINS;
    const most = isExposed ? Math.max(brightest, Math.log(exposure) + BEYOND) : brightest;
    const gain = Math.exp(random.uniform(dimmest, most));
    const isBent = random.chance(BENT) && gain > 1 && isExposed;
    const hasGamma = random.chance(GAMMAS.probability);
    const gamma = Math.exp(random.uniform(...GAMMAS.range));
    const isBlurred = random.chance(BLUR.probability);
    const blur = BLUR.most * random.next();
    return {
      ...{ frames, labels: labels[index], index, place, patch, isBent },
      draw: {
        orientation: random.integer(8),
        gain,
        offset: OFFSET * random.uniform(-1, 1),
        gamma: hasGamma ? gamma : 1,
        blur: isBlurred ? blur : 0,
        noise: NOISE * random.next(),
        noiseSeed: random.nextUint32(),
      },
    };
  }
}

/** What a patch is cut from, and how it is shown. */
interface Choice {
  readonly frames: Frames;
  readonly labels: RunLabels;
  readonly index: number;
  readonly place: { readonly x: number; readonly y: number; readonly size: number };
  readonly patch: number;
  readonly isBent: boolean;
  readonly draw: AugmentationDraw;
}

async function patchOf(
  { frames, labels, index, place, patch, isBent, draw }: Choice,
): Promise<AugmentationTask> {
  const cut = cropSample(frameSample(await frames.frame(index)), place);
  const exposed = isBent
    ? { image: cut.image.map(exposureCurve(draw.gain)), draw: { ...draw, gain: 1 } }
    : { image: cut.image, draw };
  const sample = { ...cut, image: exposed.image, labels: labels.cut(place) };
  // Smaller frames are mirrored at their end, as stills are.
  const full = place.size < patch ? cropSample(sample, { x: 0, y: 0, size: patch }) : sample;
  return { sample: full, draw: exposed.draw };
}
