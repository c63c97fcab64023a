/**
 * The kinds of models, and what is looked up in such a list.
 *
 * @module
 */

import type { Device } from "../../kernels/gpu/device.ts";
import { type LossKind, lossKinds } from "../../nn/losses.ts";
import type { Network } from "../../nn/module.ts";
import { buildNetwork } from "../../nn/weights.ts";
import { Random } from "../images/random.ts";
import { focusClassifier } from "./focus/kind.ts";
import type { ModelKind, ObjectModel } from "./model_kind.ts";
import { starDist } from "./stardist/kind.ts";
import { uNet } from "./unet/kind.ts";

/**
 * All kinds of models. To add one, write its record and name it here.
 *
 * @category Kinds of models
 */
export const modelKinds: readonly ModelKind[] = [uNet, starDist, focusClassifier];

/**
 * What there is to choose from: lists that a program of one's own may extend.
 *
 * @category Kinds of models
 */
export interface Kinds {
  /** Kinds of models. */
  readonly models: readonly ModelKind[];
  /** Losses. */
  readonly losses: readonly LossKind[];
}

/**
 * What Kymo itself has.
 *
 * @category Kinds of models
 */
export const defaultKinds: Kinds = { models: modelKinds, losses: lossKinds };

/**
 * A kind of model by its name.
 *
 * @throws {RangeError} If there is none; it names those there are.
 * @category Kinds of models
 */
export function modelKind(name: string, models: readonly ModelKind[] = modelKinds): ModelKind {
  const kind = models.find((kind) => kind.name === name);
  if (kind) return kind;
  const known = models.map(({ name }) => name).join(", ");
  throw new RangeError(`Cannot use a model of kind ${name}: known kinds are ${known}`);
}

/**
 * How a kind of model finds objects.
 *
 * @throws {TypeError} If it finds something else.
 * @category Kinds of models
 */
export function objectModelOf({ objects, label }: ModelKind): ObjectModel {
  if (objects) return objects;
  throw new TypeError(`Cannot find objects with ${label}: it finds planes; give another model`);
}

/**
 * The network of a kind of model with fresh weights, drawn from a seed.
 *
 * @throws {RangeError} If its settings make no sense.
 * @category Kinds of models
 */
export function freshNetwork(
  device: Device,
  { kind, settings }: { kind: ModelKind; settings: { readonly seed: number } },
): Network {
  return buildNetwork(device, {
    architecture: kind.architecture(settings),
    random: new Random(settings.seed),
    kinds: [kind.network],
  });
}
