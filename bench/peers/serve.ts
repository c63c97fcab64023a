/**
 * The side of a peer written in TypeScript: answers the requests of the bench until there are no more.
 *
 * @module
 */

import { decodeSafeTensors, encodeSafeTensors, type NamedArray } from "../../nn/safetensors.ts";
import {
  answerLine,
  CHECKED_STEPS,
  type Failure,
  type Hello,
  type Request,
  type Work,
} from "./protocol.ts";

/** Arrays by name: inputs of a problem, or what a peer computed. */
export type Arrays = ReadonlyMap<string, NamedArray>;

/** A problem in the hands of a peer. */
export interface Running {
  /** Queues one run. Waits where the library does not queue. */
  run(): void | Promise<void>;
  /** Waits until all queued runs are done. */
  finish(): Promise<void>;
  /**
   * Computes from the inputs and reads the results: `y` of a forward pass, `dx`, `dw`, or of a
   * training step the `losses` of the first steps and the gradients of the very first by name.
   */
  results(): Promise<Arrays>;
}

/** A library that can be asked to compute. */
export interface Peer extends Hello {
  /** Takes on a problem. Throws for one that it cannot do. */
  start(work: Work, inputs: Arrays): Running | Promise<Running>;
}

/**
 * So many runs are timed together that they take about this long, in milliseconds: the wait at their
 * end, about 11 ms in Deno, is no matter then.
 */
const ENOUGH = 600;
const MOST_RUNS = 1000;

/**
 * Answers requests. `open` loads the library; it is called once, before the first answer. `enough` is
 * about how many milliseconds of work are timed together.
 */
export async function serve(
  open: () => Promise<Peer>,
  { enough = ENOUGH }: { enough?: number } = {},
): Promise<void> {
  let peer: Peer | undefined;
  let running: Running | undefined;
  let runs: number | undefined;
  async function answer(request: Request): Promise<object> {
    peer ??= await open();
    if (request.do === "hello") return { version: peer.version, setting: peer.setting };
    if (request.do === "start") {
      running = await peer.start(request, await readArrays(request.inputs));
      await timeRuns(running, 1);
      return {};
    }
    if (!running) throw new Error("Cannot go on: no problem has been started");
    if (request.do === "results") {
      const tensors = await running.results();
      await Deno.writeFile(request.file, encodeSafeTensors({ metadata: {}, tensors }));
      return {};
    }
    runs ??= await runsIn(running, enough);
    return { ms: await timeRuns(running, runs) / runs };
  }
  const reply = (answer: object) => Deno.stdout.write(new TextEncoder().encode(answerLine(answer)));
  for await (const line of linesOf(Deno.stdin.readable)) {
    try {
      await reply(await answer(JSON.parse(line)));
    } catch (error) {
      await reply({ error: messageOf(error) } satisfies Failure);
    }
  }
}

/** Training from the given weights, one step at a time. */
export interface CheckedTraining {
  /** Makes one step and gives its loss, from before the update. */
  step(): Promise<number>;
  /**
   * The gradients of the first step by parameter, in Kymo's layout. Adam's first moment has them, times
   * 1 − β1: what is checked then is what the timed step computes.
   */
  gradients(): Promise<Arrays>;
}

/** The results of a training step. */
export async function checkTraining({ step, gradients }: CheckedTraining): Promise<Arrays> {
  const losses = [await step()];
  const first = await gradients();
  while (losses.length < CHECKED_STEPS) losses.push(await step());
  return new Map([
    ["losses", { shape: [losses.length], data: Float32Array.from(losses) }],
    ...first,
  ]);
}

/** The lines of a stream, without their ends. */
export async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const bytes of stream) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
  if (rest !== "") yield rest;
}

/** The message of what was thrown, which need not be an Error. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function readArrays(file: string): Promise<Arrays> {
  return decodeSafeTensors(await Deno.readFile(file), file).tensors;
}

/** Milliseconds until `count` runs are done. */
async function timeRuns(running: Running, count: number): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < count; i++) await running.run();
  await running.finish();
  return performance.now() - start;
}

/** How many runs take about so many milliseconds, at least one. */
async function runsIn(running: Running, milliseconds: number): Promise<number> {
  const single = await timeRuns(running, 1);
  return Math.min(MOST_RUNS, Math.max(1, Math.ceil(milliseconds / single)));
}
