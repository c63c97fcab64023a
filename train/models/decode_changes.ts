/**
 * What a user wants otherwise than a model says about the way from its answers to objects. Kinds of
 * models go different ways, so not every wish fits every model.
 *
 * @module
 */

import { InvalidArgumentError } from "../invalid_argument.ts";
import { modelKinds, objectModelOf } from "./list.ts";
import type { DecodeChanges, ModelKind, Wish } from "./model_kind.ts";

/** A wish and who can fulfil it. */
interface OwnedWish extends Wish {
  readonly kind: ModelKind;
}

function wishesOf(models: readonly ModelKind[]): OwnedWish[] {
  return models.flatMap((kind) => kind.objects?.wishes.map((wish) => ({ ...wish, kind })) ?? []);
}

/**
 * Refuses what no model can fulfil, so that none need be read.
 *
 * @throws {TypeError} If some wishes are for a kind of model and others for another.
 * @throws {RangeError} If a threshold is not from 0 to 1.
 * @category Models
 */
export function checkDecodeChanges(
  changes: DecodeChanges,
  { models = modelKinds }: { models?: readonly ModelKind[] } = {},
): void {
  const [first, ...rest] = wishesOf(models).filter((wish) => wish.isMade(changes));
  const other = rest.find(({ kind }) => kind !== first.kind);
  if (other) {
    throw new TypeError(
      `Cannot use ${first.flag} together with ${other.flag}: the first is for ${first.kind.label}, ` +
        `the second for ${other.kind.label}; leave out the one that is not for your model`,
    );
  }
  for (const [name, share] of Object.entries({ nms: changes.nms, threshold: changes.threshold })) {
    if (share === undefined || share === "otsu" || (share >= 0 && share <= 1)) continue;
    throw new RangeError(`Cannot use --${name} ${share}: expected a number from 0 to 1`);
  }
}

/**
 * A model's decoding with the changes that a user wants.
 *
 * @param model Its own decoding, its kind, the other kinds, and its file for errors.
 * @throws {InvalidArgumentError} If a change is for models of another kind.
 * @throws {RangeError} If a value makes no sense.
 * @category Models
 */
export function changeDecode(
  changes: DecodeChanges,
  { decode, kind, file, models = modelKinds }: {
    decode: object;
    kind: ModelKind;
    file: string;
    models?: readonly ModelKind[];
  },
): object {
  const wrong = wishesOf(models).find((wish) =>
    wish.isMade(changes) && wish.kind.name !== kind.name
  );
  if (wrong) {
    throw new InvalidArgumentError(
      `Cannot use ${wrong.flag} with ${file}, a model of ${kind.label}: ${wrong.reason}`,
    );
  }
  return objectModelOf(kind).changeDecoding(decode, changes);
}
