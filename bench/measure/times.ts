/**
 * Times as they stand in the report of a benchmark.
 *
 * @module
 */

/** The time of one pass of one operation on one sample. */
export interface OperationTime {
  /** Name of the operation. */
  readonly op: string;
  /** `forward`, or `d` and the first letter of the input whose gradient it is. */
  readonly pass: string;
  /** Shapes of the inputs; for a convolution `input->channels kSIDE`. */
  readonly shape: string;
  /** Which of the operation's kernels ran. */
  readonly variant: string;
  /** Milliseconds, the median of several measurements. */
  readonly ms: number;
  /** 10⁹ floating point operations a second; null where they are not counted. */
  readonly gflops: number | null;
  /** 10⁹ bytes a second of the inputs that the pass reads and of its result. */
  readonly gbs: number;
}

/** Time and speed of a whole network. */
export interface NetworkTime {
  /** Milliseconds, the median of several measurements. */
  readonly ms: number;
  /** 10⁹ floating point operations of the convolutions a second. */
  readonly gflops: number;
}

/** The times of the U-Net: depth 3, base 16, one channel. */
export interface UNetTimes {
  /** Prediction of one image of 256 × 256. */
  readonly forward: NetworkTime;
  /** One step on 4 images of 128 × 128: forward, Dice, backward, Adam. */
  readonly step: NetworkTime;
  /** Milliseconds of the very first step, with the compilation of its kernels. */
  readonly first_step_ms: number;
  /** The most GPU memory that training held, in bytes. */
  readonly peak_bytes: number;
}
