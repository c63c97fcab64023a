/**
 * How much processor time parts of a job take: each is done several times, and the shortest counts,
 * because whatever else the machine does can only make it longer.
 *
 * @module
 */

import process from "node:process";

/** Something to do again and again. */
export interface HostPart {
  /** What of the job it is; `all` for the whole. */
  readonly part: string;
  /** On what: size, objects, frames. */
  readonly at: string;
  /** Does it. */
  readonly run: () => unknown;
  /** What of it does not count: its time is taken off. */
  readonly besides?: () => unknown;
  /** How many units (steps, batches, frames) one call does; 1 unless told. */
  readonly units?: number;
  /** Megabytes that one call goes through, where a rate is of interest. */
  readonly megabytes?: number;
}

/** A measured part. */
export interface HostTime {
  /** Name of the job. */
  readonly job: string;
  /** What of it. */
  readonly part: string;
  /** On what. */
  readonly at: string;
  /** What is counted. */
  readonly unit: string;
  /** Milliseconds for each of all threads together, the shortest of several. */
  readonly ms: number;
  /** The same of the main thread alone. */
  readonly main: number;
  /** 10⁶ bytes a second; null where they are not counted. */
  readonly mbs: number | null;
}

/** One thing whose host side is measured. */
export interface HostJob {
  /** Its name. */
  readonly name: string;
  /** What it does. */
  readonly sentence: string;
  /** What its times are for: step, batch, frame. */
  readonly unit: string;
  /** Its parts, each made when it is measured. */
  parts(): AsyncIterable<HostPart>;
}

/** How long a part is repeated at least, and how often. */
export interface Repeats {
  /** Milliseconds of processor time. */
  readonly atLeast: number;
  /** The fewest times. */
  readonly fewest: number;
}

const REPEATS: Repeats = { atLeast: 600, fewest: 5 };
/** Milliseconds that one measurement takes at least: the clock of the processor has steps. */
const LEAST = 4;

/** Processor time in milliseconds: of all threads, and of the main thread alone. */
export interface ProcessorTime {
  /** Of all threads of the process. */
  readonly ms: number;
  /** Of this thread. */
  readonly main: number;
}

/**
 * The shortest processor times of a part for each unit. Time in which something else had the processor does
 * not count.
 */
export async function shortest(
  { run, besides, units = 1 }: Pick<HostPart, "run" | "besides" | "units">,
  { atLeast, fewest }: Repeats = REPEATS,
): Promise<ProcessorTime> {
  const [whole, less] = [new Shortest(run), new Shortest(besides ?? (() => {}))];
  const begin = processorTime();
  for (let turn = 0; turn < fewest || processorTime() - begin < atLeast; turn++) {
    await whole.measure();
    if (besides) await less.measure();
  }
  const each = (of: "ms" | "main") => (whole[of] - (besides ? less[of] : 0)) / units;
  return { ms: each("ms"), main: each("main") };
}

class Shortest {
  ms = Infinity;
  main = Infinity;
  readonly #run: () => unknown;
  #calls = 1;

  constructor(run: () => unknown) {
    this.#run = run;
  }

  async measure(): Promise<void> {
    const [start, mainStart] = [processorTime(), mainTime()];
    for (let call = 0; call < this.#calls; call++) {
      const result = this.#run();
      if (result instanceof Promise) await result;
    }
    const taken = processorTime() - start;
    this.ms = Math.min(this.ms, taken / this.#calls);
    this.main = Math.min(this.main, (mainTime() - mainStart) / this.#calls);
    if (taken < LEAST) this.#calls = Math.ceil(this.#calls * Math.min(10, LEAST / taken));
  }
}

/** Milliseconds that this process has had a processor. */
export function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Milliseconds that this thread has had a processor. */
function mainTime(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** Measures a job part by part. */
export async function* measureHost(job: HostJob, repeats?: Repeats): AsyncGenerator<HostTime> {
  const { name, unit } = job;
  for await (const part of job.parts()) {
    const { ms, main } = await shortest(part, repeats);
    const { megabytes, units = 1 } = part;
    const mbs = megabytes === undefined ? null : megabytes / (ms * units / 1000);
    yield { job: name, part: part.part, at: part.at, unit, ms, main, mbs };
  }
}
