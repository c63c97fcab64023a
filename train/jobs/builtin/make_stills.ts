/**
 * The built-in stills, made of a public data set: an archive of patches and their masks, which tells where
 * each is from.
 *
 * @module
 */

import type { LabelImage, Plane } from "../../images/image.ts";
import { encodePng, type Picture } from "../../images/formats/encode_png.ts";
import { eachStill, listStills, readStill } from "../../images/series/stills.ts";
import type { Source } from "../../images/source.ts";
import { type SplitSettings, splitStills } from "../../learn/training_set.ts";
import { zipFiles } from "../../objects/formats/zip.ts";
import type { Progress } from "../progress/progress.ts";
import {
  cutOut,
  factsOf,
  pickSquare,
  pickStills,
  renumbered,
  type Square,
  type StillFacts,
} from "./pick_stills.ts";

/** The archive, and what is known of the stills that a model with this split learns from. */
export interface MadeStills {
  /** A zip archive with `images/`, `masks/`, `index.csv` and `README.md`. */
  readonly archive: Uint8Array<ArrayBuffer>;
  /** Patches in it. */
  readonly patches: number;
  /** All stills of the training part that have objects. */
  readonly facts: readonly StillFacts[];
  /** How many stills each part of the split has. */
  readonly parts: readonly [train: number, validation: number, test: number];
}

/**
 * Picks patches from the training part of a data set, so that figures on held-back stills stay honest.
 *
 * @throws {RangeError | SyntaxError} If the data set cannot be read, or has no objects.
 */
export async function makeStills(
  source: Source,
  { stills, split, progress }: { stills: string; split: SplitSettings; progress: Progress },
): Promise<MadeStills> {
  const set = await listStills(source, stills);
  const { train, validation, test } = splitStills(set.train, { config: split, heldBack: set.test });
  const facts: StillFacts[] = [];
  for await (const still of eachStill(source, train)) {
    progress.done++;
    const found = factsOf(still.name, still);
    if (found !== null) facts.push(found);
  }
  if (facts.length === 0) throw new RangeError(`Cannot pick stills: ${stills} has no objects`);
  const byName = new Map(train.map((files) => [files.name, files]));
  const entries = [];
  const rows = ["patch,still,x,y,side,objects"];
  for (const [at, { name }] of pickStills(facts).entries()) {
    const { image, labels } = await readStill(source, byName.get(name)!);
    const square = pickSquare(labels);
    const patch = `${String(at).padStart(2, "0")}.png`;
    const mask = maskPicture(labels, square);
    const objects = Math.max(...mask.data);
    entries.push(
      { name: `images/${patch}`, bytes: encodePng(imagePicture(image, square)) },
      { name: `masks/${patch}`, bytes: encodePng(mask) },
    );
    rows.push([patch, name, square.x, square.y, square.side, objects].join(","));
  }
  const patches = rows.length - 1;
  const texts = { "index.csv": `${rows.join("\n")}\n`, "README.md": readme(patches) };
  const files = Object.entries(texts)
    .map(([name, text]) => ({ name, bytes: new TextEncoder().encode(text) }));
  return {
    archive: zipFiles([...files, ...entries]),
    patches,
    facts,
    parts: [train.length, validation.length, test.length],
  };
}

/** A part of an image with as many bits as its values need. */
function imagePicture({ width, data }: Plane, square: Square): Picture {
  return pictureOf(cutOut({ width, data }, square), square.side);
}

function maskPicture({ width, data }: LabelImage, square: Square): Picture {
  return pictureOf(renumbered(cutOut({ width, data }, square)), square.side);
}

function pictureOf(values: readonly number[], side: number): Picture {
  const most = values.reduce((a, b) => Math.max(a, b), 0);
  const data = most < 256 ? Uint8Array.from(values) : Uint16Array.from(values);
  return { width: side, height: side, channels: 1, data };
}

function readme(patches: number): string {
  return `# ${patches} stills of fluorescent nuclei

Parts of images of the 2018 Data Science Bowl, stage 1, image set BBBC038v1 of the Broad Bioimage
Benchmark Collection (Caicedo et al., Nature Methods 16, 1247-1253, 2019;
https://bbbc.broadinstitute.org/BBBC038), which its makers gave to the public domain (CC0 1.0).
index.csv tells which part of which image each is. Masks hold one number per object.

\`deno task builtin --stills DIR\` made them: from the stills that the built-in model learned from,
ordered by the diameter of their objects and cut into five groups, each by brightness into four, and
two of each, ordered by number of objects; of each the square with the most objects.
`;
}
