/**
 * How a focus classifier is judged while it learns: by the planes that it finds in stacks that it does
 * not learn from.
 *
 * @module
 */

import type { Device } from "../../../kernels/gpu/device.ts";
import { focusPlane } from "../../../nn/labels/focus.ts";
import type { Network } from "../../../nn/module.ts";
import { Random } from "../../images/random.ts";
import { readStacks } from "../../models/focus/reader.ts";
import type { FocusReading } from "../../models/focus/reading.ts";
import type { LabelledStack } from "../../images/series/z_stack.ts";
import type { Examination, Examiner } from "../examiner.ts";

/** A plane this far from the labelled one still counts as found. */
const WITHIN = 1;

/** How well planes in focus are found. */
export interface FocusScores {
  /** Share of the stacks whose plane is found to within one plane. */
  readonly within: number;
  /** Mean distance of the found from the labelled plane, in planes. */
  readonly distance: number;
}

/** What a classifier is judged on, and how it reads. */
export interface FocusExam {
  /** The classifier. */
  readonly network: Network;
  /** How stacks are normalised and answers smoothed. */
  readonly reading: FocusReading;
  /** Stacks whose plane in focus is known. */
  readonly stacks: readonly LabelledStack[];
}

/** How well a classifier finds the planes of stacks. */
export async function scoreFocus(
  device: Device,
  { network, reading, stacks }: FocusExam,
): Promise<FocusScores> {
  let [within, distance] = [0, 0];
  for await (const { stack, probabilities } of readStacks(device, { network, reading, stacks })) {
    const away = Math.abs(focusPlane(probabilities, reading).plane - stack.plane);
    if (away <= WITHIN) within++;
    distance += away;
  }
  return { within: within / stacks.length, distance: distance / stacks.length };
}

/** Examines a classifier in training; it remembers nothing. */
export function focusExaminer(device: Device, exam: FocusExam): Examiner {
  const { stacks } = exam;
  const score = async () =>
    stacks.length === 0 ? null : scoreOf(await scoreFocus(device, exam), stacks);
  return {
    beginsAtOnce: false,
    score,
    async examine(): Promise<Examination | null> {
      if (stacks.length === 0) return null;
      const { within, distance } = await scoreFocus(device, exam);
      return {
        scores: { within, distance },
        losses: {},
        score: scoreOf({ within, distance }, stacks),
        warning: null,
        hasCollapsed: false,
      };
    },
    state: null,
    restore: () => {},
  };
}

/** The share found counts first, then the mean distance, which is below the most planes of a stack. */
function scoreOf({ within, distance }: FocusScores, stacks: readonly LabelledStack[]): number {
  const missed = Math.round((1 - within) * stacks.length);
  const planes = Math.max(...stacks.map(({ sequence: { depth } }) => depth));
  return missed * planes + distance;
}

/** Stacks to learn from and stacks to validate on; of two or more at least one is for each. */
export function splitStacks(
  stacks: readonly LabelledStack[],
  { validation, seed }: { validation: number; seed: number },
): [learned: LabelledStack[], held: LabelledStack[]] {
  const wanted = validation > 0 ? Math.max(1, Math.round(validation * stacks.length)) : 0;
  const count = Math.max(0, Math.min(wanted, stacks.length - 1));
  const order = [...new Random(seed, 30).permutation(stacks.length)].map((i) => stacks[i]);
  return [order.slice(count), order.slice(0, count)];
}
