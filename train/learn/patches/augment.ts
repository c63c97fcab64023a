/**
 * Random augmentation of training samples.
 *
 * A *draw* is made once and then applied: both frames of a pair get the same draw, because the
 * consistency loss compares them pixel by pixel. Only the noise differs between the frames, as it
 * does between two exposures; with equal noise the network would never be asked to give equal
 * answers in spite of it, and that is what flicker is.
 *
 * All channels of an image are deformed, turned, blurred and exposed alike, whether they are planes of a
 * z-stack or channels of a file: how bright they are beside each other can be what tells objects apart. Only
 * the noise is each channel's own.
 *
 * @module
 */

import { blurred } from "./blur.ts";
import { deform, type ElasticDraw } from "./elastic.ts";
import { orient, swapsAxes } from "../../images/orientation.ts";
import { Random } from "../../images/random.ts";
import type { Sample } from "../../images/sample.ts";
import { notNegative, positive, range, type SettingGroup, share } from "../../settings.ts";

// Numbers for exposures, apart from those for the noise of frames 0, 1 …; older runs drew none, and what
// else they drew is drawn as it was.
const EXPOSURES = 1000;

/**
 * What is drawn, and how strongly; for images normalised to about 0 … 1.
 *
 * @category Batches
 */
export interface AugmentationSettings {
  /** Probability of a flip, for each of the two axes. */
  readonly flip: number;
  /** Probability of a transpose; with both at 0.5 all eight orientations are equally likely. */
  readonly transpose: number;
  /** With `probability`, contrast × (1 ± `contrast`) and intensity ± `brightness`, both uniform. */
  readonly brightnessContrast: {
    readonly probability: number;
    readonly brightness: number;
    readonly contrast: number;
  };
  /** With `probability`, x · U(`scale`) + U(`shift`). */
  readonly intensity: {
    readonly probability: number;
    readonly scale: readonly [number, number];
    readonly shift: readonly [number, number];
  };
  /**
   * With `probability`, another exposure: x^γ · g + U(±`offset`) for x > 0, with ln γ uniform in `gamma`
   * and ln g uniform in `gain`, and with `blurProbability` a Gaussian blur up to `blur` pixels before
   * it. Dim objects are learned that way, and no exposure of a video is foreign.
   */
  readonly exposure: {
    readonly probability: number;
    readonly gain: readonly [number, number];
    readonly gamma: readonly [number, number];
    readonly offset: number;
    readonly blurProbability: number;
    readonly blur: number;
  };
  /** Normal noise whose standard deviation is uniform between 0 and this. */
  readonly noise: number;
  /** With `probability`, an elastic deformation; stills only. See {@linkcode ElasticDraw}. */
  readonly elastic: {
    readonly probability: number;
    readonly amplitude: number;
    readonly spacing: number;
  };
}

/**
 * One drawn augmentation, a plain value that can be applied to several images.
 *
 * @category Batches
 */
export interface AugmentationDraw {
  /** One of the eight orientations, see {@linkcode orient}. */
  readonly orientation: number;
  /** Factor of the intensities. */
  readonly gain: number;
  /** Added to the intensities after the factor. */
  readonly offset: number;
  /** Exponent of the intensities over 0, applied before the factor; 1 leaves them. */
  readonly gamma: number;
  /** Standard deviation in pixels of the blur that comes before all that; 0 for none. */
  readonly blur: number;
  /** Standard deviation of the noise. */
  readonly noise: number;
  /** Seed of the noise. */
  readonly noiseSeed: number;
  /** The deformation, if any. */
  readonly elastic?: ElasticDraw;
}

/**
 * Orientations and noise as in StarDist's examples, brightness and contrast as in the paper on
 * consistency (Shabanov et al. 2020). StarDist's stronger intensity change is off: with Dice it made
 * networks die in their first steps.
 *
 * @category Batches
 */
export const defaultAugmentation: AugmentationSettings = {
  flip: 0.5,
  transpose: 0.5,
  brightnessContrast: { probability: 0.5, brightness: 0.3, contrast: 0.3 },
  intensity: { probability: 0, scale: [0.6, 2], shift: [-0.2, 0.2] },
  exposure: {
    probability: 0.7,
    gain: [-1.6, 0.7],
    gamma: [-0.7, 0.7],
    offset: 0.1,
    blurProbability: 0.3,
    blur: 1,
  },
  noise: 0.02,
  elastic: { probability: 0.3, amplitude: 4, spacing: 32 },
};

/**
 * The settings of {@linkcode AugmentationSettings}, under `augmentation`.
 *
 * @category Batches
 */
export const augmentationSettings: SettingGroup<{ augmentation: AugmentationSettings }> = {
  title: "Augmentation of patches",
  settings: {
    augmentation: {
      flip: {
        value: defaultAugmentation.flip,
        rule: share,
        sentence: "Probability of a flip, for each of the two axes",
      },
      transpose: {
        value: defaultAugmentation.transpose,
        rule: share,
        sentence: "Probability of a transpose; with flips at 0.5 all eight orientations are alike",
      },
      brightnessContrast: {
        probability: {
          value: defaultAugmentation.brightnessContrast.probability,
          rule: share,
          sentence: "Probability of another brightness and contrast",
        },
        brightness: {
          value: defaultAugmentation.brightnessContrast.brightness,
          rule: notNegative,
          sentence: "The most that is added to the intensities or taken away",
        },
        contrast: {
          value: defaultAugmentation.brightnessContrast.contrast,
          rule: notNegative,
          sentence: "The most by which contrast grows or shrinks, as a share",
        },
      },
      intensity: {
        probability: {
          value: defaultAugmentation.intensity.probability,
          rule: share,
          sentence: "Probability of StarDist's change of intensities, a factor and a sum",
        },
        scale: {
          value: defaultAugmentation.intensity.scale,
          rule: range,
          sentence: "From which to which factor",
        },
        shift: {
          value: defaultAugmentation.intensity.shift,
          rule: range,
          sentence: "From which to which sum",
        },
      },
      exposure: {
        probability: {
          value: defaultAugmentation.exposure.probability,
          rule: share,
          sentence: "Probability of another exposure, so that dim objects are learned",
        },
        gain: {
          value: defaultAugmentation.exposure.gain,
          rule: range,
          sentence: "From which to which natural logarithm of its factor",
        },
        gamma: {
          value: defaultAugmentation.exposure.gamma,
          rule: range,
          sentence: "From which to which natural logarithm of its exponent",
        },
        offset: {
          value: defaultAugmentation.exposure.offset,
          rule: notNegative,
          sentence: "The most that it adds or takes away",
        },
        blurProbability: {
          value: defaultAugmentation.exposure.blurProbability,
          rule: share,
          sentence: "Probability that another exposure is blurred too",
        },
        blur: {
          value: defaultAugmentation.exposure.blur,
          rule: notNegative,
          sentence: "The widest blur, as a standard deviation in pixels",
        },
      },
      noise: {
        value: defaultAugmentation.noise,
        rule: notNegative,
        sentence: "The largest standard deviation of the noise that is added",
      },
      elastic: {
        probability: {
          value: defaultAugmentation.elastic.probability,
          rule: share,
          sentence: "Probability of an elastic deformation, of stills only",
        },
        amplitude: {
          value: defaultAugmentation.elastic.amplitude,
          rule: notNegative,
          sentence: "How far it moves pixels, as a standard deviation in pixels",
        },
        spacing: {
          value: defaultAugmentation.elastic.spacing,
          rule: positive,
          sentence: "Distance of its independent places in pixels",
        },
      },
    },
  },
};

/**
 * Draws an augmentation. Every call takes equally many random numbers, whatever the settings and
 * the outcome, so that a changed setting does not change what else is drawn.
 *
 * @param options `pair` leaves out the elastic deformation, which is for stills only.
 * @category Batches
 */
export function drawAugmentation(
  random: Random,
  settings: AugmentationSettings,
  options: { pair?: boolean } = {},
): AugmentationDraw {
  const { flip, transpose, brightnessContrast, intensity, exposure, noise, elastic } = settings;
  const orientation = (random.chance(transpose) ? 1 : 0) + (random.chance(flip) ? 2 : 0) +
    (random.chance(flip) ? 4 : 0);

  const isContrasted = random.chance(brightnessContrast.probability);
  const contrast = 1 + brightnessContrast.contrast * random.uniform(-1, 1);
  const brightness = brightnessContrast.brightness * random.uniform(-1, 1);
  const isScaled = random.chance(intensity.probability);
  const scale = random.uniform(...intensity.scale);
  const shift = random.uniform(...intensity.shift);
  let gain = 1;
  let offset = 0;
  if (isContrasted) [gain, offset] = [contrast, brightness];
  if (isScaled) [gain, offset] = [gain * scale, offset * scale + shift];

  const sigma = noise * random.next();
  const noiseSeed = random.nextUint32();
  const isDeformed = random.chance(elastic.probability) && !options.pair;
  const { amplitude, spacing } = elastic;
  const seed = random.nextUint32();
  const exposed = drawExposure(new Random(noiseSeed, EXPOSURES), exposure);
  const draw = {
    orientation,
    gain: gain * exposed.gain,
    offset: offset + exposed.offset,
    gamma: exposed.gamma,
    blur: exposed.blur,
    noise: sigma,
    noiseSeed,
  };
  return isDeformed ? { ...draw, elastic: { amplitude, spacing, seed } } : draw;
}

/** Draws another exposure, or none. */
function drawExposure(
  random: Random,
  { probability, gain, gamma, offset, blurProbability, blur }: AugmentationSettings["exposure"],
): Pick<AugmentationDraw, "gain" | "offset" | "gamma" | "blur"> {
  if (!random.chance(probability)) return { gain: 1, offset: 0, gamma: 1, blur: 0 };
  return {
    gain: Math.exp(random.uniform(...gain)),
    gamma: Math.exp(random.uniform(...gamma)),
    offset: offset * random.uniform(-1, 1),
    blur: random.chance(blurProbability) ? blur * random.next() : 0,
  };
}

/**
 * Applies a draw: deformation, orientation, blur, intensities, noise. The sample is not changed.
 *
 * @param options `frame` numbers the images that share a draw; each number has its own noise.
 * @throws {RangeError} When a draw that transposes meets a sample that is not square.
 * @category Batches
 */
export function applyAugmentation(
  draw: AugmentationDraw,
  sample: Sample,
  options: { frame?: number } = {},
): Sample {
  const { width, height } = sample;
  if (swapsAxes(draw.orientation) && width !== height) {
    throw new RangeError(
      `Cannot transpose a sample of ${width}x${height} pixels: ` +
        `augmentation by transposes needs square patches, or transpose set to 0`,
    );
  }
  const placed = orientSample(
    draw.elastic ? deform(sample, draw.elastic) : sample,
    draw.orientation,
  );
  const image = draw.blur > 0 ? blurred(placed, draw.blur) : placed.image;
  const { gain, gamma, offset } = draw;
  for (let i = 0; i < image.length; i++) {
    const value = gamma !== 1 && image[i] > 0 ? image[i] ** gamma : image[i];
    image[i] = value * gain + offset;
  }
  if (draw.noise > 0) {
    const random = new Random(draw.noiseSeed, options.frame ?? 0);
    for (let i = 0; i < image.length; i++) image[i] += draw.noise * random.normal();
  }
  return { ...placed, image };
}

/** A copy of a sample in another orientation. */
function orientSample(sample: Sample, k: number): Sample {
  const { channels, width, height } = sample;
  const area = width * height;
  const image = new Float32Array(sample.image.length);
  for (let c = 0; c < channels; c++) {
    const data = sample.image.subarray(c * area, (c + 1) * area);
    image.set(orient({ width, height, data }, k).data, c * area);
  }
  const labels = sample.labels && orient({ width, height, data: sample.labels }, k).data;
  return { channels, width, height, image, labels };
}
