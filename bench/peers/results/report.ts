/**
 * What a benchmark says about Kymo's peers.
 *
 * @module
 */

import type { OpenedPeer, PeerOutcome } from "../contest/compare.ts";
import { KYMO } from "../list.ts";
import type { PeerProblem } from "../contest/problems.ts";
import type { Work } from "../protocol.ts";

/** One problem in the hands of one peer; null where it did not get that far. */
export interface PeerTime extends Work {
  /** Shape of the input, for a convolution with the channels of the output. */
  readonly shape: string;
  /** Milliseconds, the median of the rounds. */
  readonly ms: number | null;
  /** Longest less shortest round, relative to the median. */
  readonly spread: number | null;
  /** 10⁹ floating point operations of the convolutions a second. */
  readonly gflops: number | null;
  /** How many times as long as Kymo it takes: the median over the rounds. */
  readonly ratio: number | null;
  /** Milliseconds from the start of its process to the end of its first run, with no cached shaders. */
  readonly first_ms: number | null;
  /** The most memory that its process held, in bytes. */
  readonly peak_bytes: number | null;
  /** The largest error, relative to the largest value of the same array. */
  readonly error: number | null;
  /** Whether it computes right. */
  readonly agrees: boolean;
  /** Why there is no time; null where there is one. */
  readonly failure: string | null;
}

/** A peer; or Kymo itself, measured as the peers are. */
export interface PeerReport {
  /** Version of the library; null if it could not be started. */
  readonly version: string | null;
  /** How it was used. */
  readonly setting: string | null;
  /** Whether all that it computed is right. */
  readonly agrees: boolean;
  /** Milliseconds of a prediction of 256 × 256 pixels. */
  readonly unet_forward_ms: number | null;
  /** Milliseconds of a training step on 4 images of 128 × 128 pixels. */
  readonly unet_step_ms: number | null;
  /** Milliseconds from the start of the process to the end of the first step, no shader compiled. */
  readonly first_step_cold_ms: number | null;
  /** The same with the shaders that the driver keeps from an earlier process. */
  readonly first_step_warm_ms: number | null;
  /** The most memory that a process held that made steps, in bytes. */
  readonly peak_bytes: number | null;
  /** Why it could not be started; null if it could. */
  readonly failure: string | null;
  /** Every problem. */
  readonly problems: readonly PeerTime[];
}

/** One problem and what all peers made of it. */
export interface ProblemOutcome {
  /** The problem. */
  readonly problem: Omit<PeerProblem, "makeInputs">;
  /** The peers, Kymo among them. */
  readonly outcomes: readonly PeerOutcome[];
}

/** The times of one problem, by peer. */
export function peerTimes({ problem, outcomes }: ProblemOutcome): Map<string, PeerTime> {
  const { op, pass, shape, flops } = problem;
  const kymo = outcomes.find(({ name }) => name === KYMO)?.rounds ?? [];
  return new Map(outcomes.map(({ name, rounds, firstMs, peakBytes, error, agrees, failure }) => {
    const ms = median(rounds);
    const ratios = rounds.slice(0, kymo.length).map((time, round) => time / kymo[round]);
    return [name, {
      op,
      pass,
      shape,
      ms,
      spread: ms === null ? null : (Math.max(...rounds) - Math.min(...rounds)) / ms,
      gflops: ms === null ? null : flops / ms / 1e6,
      ratio: median(ratios),
      first_ms: firstMs,
      peak_bytes: peakBytes,
      error: Number.isNaN(error) ? null : error,
      agrees,
      failure,
    }];
  }));
}

/** The middle number; the lower of two; null of none. */
export function median(values: readonly number[]): number | null {
  return values.toSorted((a, b) => a - b).at((values.length - 1) >> 1) ?? null;
}

/** The report of one peer that could be started. */
export function peerReport(
  { version, setting }: OpenedPeer,
  { problems, warmMs }: { problems: readonly PeerTime[]; warmMs: number | null },
): PeerReport {
  const unet = (pass: Work["pass"]) =>
    problems.find((time) => time.op === "unet" && time.pass === pass);
  const computed = problems.filter(({ ms }) => ms !== null);
  return {
    version,
    setting,
    agrees: computed.length > 0 && computed.every(({ agrees }) => agrees),
    unet_forward_ms: unet("forward")?.ms ?? null,
    unet_step_ms: unet("step")?.ms ?? null,
    first_step_cold_ms: unet("step")?.first_ms ?? null,
    first_step_warm_ms: warmMs,
    peak_bytes: unet("step")?.peak_bytes ?? null,
    failure: null,
    problems,
  };
}

/** The report of a peer that could not be started. */
export function missingPeer(failure: string): PeerReport {
  return {
    version: null,
    setting: null,
    agrees: false,
    unet_forward_ms: null,
    unet_step_ms: null,
    first_step_cold_ms: null,
    first_step_warm_ms: null,
    peak_bytes: null,
    failure,
    problems: [],
  };
}
