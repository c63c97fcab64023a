/**
 * What the bench and the process of a peer say to each other: one JSON object a line, requests on
 * standard input, answers on standard output behind a mark, because libraries print what they like.
 *
 * @module
 */

/** What is to be computed. */
export interface Work {
  /** A 3 × 3 convolution without bias, padded to keep the size; or the U-Net of the bench. */
  readonly op: "conv2d" | "unet";
  /**
   * For a convolution its output, or the gradient of its input or weight; for the U-Net a prediction,
   * or a training step: soft Dice over the batch with smooth 1, backward, Adam.
   */
  readonly pass: "forward" | "dx" | "dw" | "step";
}

/** A request to a peer. */
export type Request =
  /** Says who it is. */
  | { readonly do: "hello" }
  /** Reads the inputs from a safetensors file and computes once, to the end. */
  | (Work & { readonly do: "start"; readonly inputs: string })
  /** Computes several times and tells how long one time takes. */
  | { readonly do: "time" }
  /** Computes from the start and writes what comes out into a safetensors file. */
  | { readonly do: "results"; readonly file: string };

/** An answer to `hello`. */
export interface Hello {
  /** Version of the library. */
  readonly version: string;
  /** How it is used: what makes it fast. */
  readonly setting: string;
}

/** An answer to `time`. */
export interface RoundTime {
  /** Milliseconds of one run. */
  readonly ms: number;
}

/** What a peer cannot do, or has failed at. */
export interface Failure {
  /** What went wrong. */
  readonly error: string;
}

/** Adam's learning rate in the training step; all else of Adam is as in PyTorch. */
export const LEARNING_RATE = 1e-3;
/** How many training steps are held against each other before one is timed. */
export const CHECKED_STEPS = 3;

const MARK = "peer> ";

/** The line of an answer. */
export function answerLine(answer: object): string {
  return `${MARK}${JSON.stringify(answer)}\n`;
}

/** The answer in a printed line; null for anything else that a library prints. */
export function readAnswer(line: string): unknown {
  return line.startsWith(MARK) ? JSON.parse(line.slice(MARK.length)) : null;
}
