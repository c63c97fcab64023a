/**
 * Measures label images on disk against truth and markers on disk.
 *
 * @module
 */

import { disk, writeFileAtomic } from "./disk/files.ts";
import type { Source } from "../images/source.ts";
import type { LabelImage } from "../images/image.ts";
import {
  type LabelSequence,
  matchTruth,
  openLabels,
  readTruthPair,
} from "../images/series/truth.ts";
import {
  evaluateFrames,
  type Evaluation,
  type EvaluationFrame,
} from "../objects/scores/evaluate.ts";

/** What to measure. */
export interface EvaluateFilesOptions {
  /** A folder or stack of label images. */
  readonly labels: string;
  /** True label images, matched by frame number or name. */
  readonly truth?: string;
  /** Marker images (one marker per object), matched likewise. */
  readonly markers?: string;
  /** Also measure without objects that lie wholly in a rim of this width in pixels. */
  readonly field?: number;
  /** A JSON file to write. */
  readonly out?: string;
  /** Where images are read from; the disk unless told. */
  readonly source?: Source;
}

/**
 * Measures, and writes the JSON file if one is asked for.
 *
 * @throws {SyntaxError | RangeError | TypeError} If files are damaged, do not match or differ in size.
 */
export async function evaluateFiles(options: EvaluateFilesOptions): Promise<Evaluation> {
  const { source = disk } = options;
  const labels = holdingLast(await openLabels(source, options.labels));
  const truth = options.truth === undefined ? null : await openLabels(source, options.truth);
  const markers = options.markers === undefined ? null : await openLabels(source, options.markers);
  const evaluation = await evaluateFrames(
    frames({
      labels,
      truth: truth && { sequence: truth, index: indexOf(labels, truth) },
      markers: markers && { sequence: markers, index: indexOf(labels, markers) },
    }),
    { field: options.field },
  );
  if (options.out !== undefined) {
    await writeFileAtomic(options.out, JSON.stringify(evaluation, null, 2) + "\n");
  }
  return evaluation;
}

interface Matched {
  readonly sequence: LabelSequence;
  /** Position in the sequence by position in the labels. */
  readonly index: ReadonlyMap<number, number>;
}

function indexOf(labels: LabelSequence, truth: LabelSequence): Map<number, number> {
  return new Map(matchTruth(labels, truth).pairs.map((pair) => [pair.label, pair.truth]));
}

async function* frames(
  { labels, truth, markers }: {
    labels: LabelSequence;
    truth: Matched | null;
    markers: Matched | null;
  },
): AsyncGenerator<EvaluationFrame> {
  const numbers = frameNumbers(labels);
  const partner = async (matched: Matched | null, label: number) => {
    const at = matched?.index.get(label);
    if (matched === null || at === undefined) return undefined;
    const pair = { label, truth: at };
    return (await readTruthPair(pair, { labels, truth: matched.sequence })).truth;
  };
  const first = await labels.frame(0);
  for (let i = 0; i < labels.length; i++) {
    const image = await labels.frame(i);
    if (image.width !== first.width || image.height !== first.height) {
      throw new RangeError(
        `Cannot evaluate ${labels.path}: ${labels.names[i]} is ${image.width}x${image.height}, ` +
          `${
            labels.names[0]
          } is ${first.width}x${first.height}; keep only frames of one video there`,
      );
    }
    yield {
      number: numbers[i],
      labels: image,
      truth: await partner(truth, i),
      markers: await partner(markers, i),
    };
  }
}

/** The same images; the one decoded last is kept, as it is compared with truth and with markers. */
function holdingLast(sequence: LabelSequence): LabelSequence {
  let last: { i: number; image: Promise<LabelImage> } | null = null;
  return {
    ...sequence,
    frame: (i) => {
      if (last?.i !== i) last = { i, image: sequence.frame(i) };
      return last.image;
    },
  };
}

/** Frame numbers where they ascend (so gaps count as gaps), else positions. */
function frameNumbers({ numbers, length }: LabelSequence): number[] {
  const ascends = numbers.every((number, i) =>
    number !== null && (i === 0 || number > (numbers[i - 1] ?? Infinity))
  );
  return ascends ? numbers.map(Number) : Array.from({ length }, (_, i) => i);
}
