/**
 * Kymo and its peers side by side: the same problem in a process each, checked, then timed in turns.
 *
 * @module
 */

import { decodeSafeTensors, encodeSafeTensors } from "../../../nn/safetensors.ts";
import { errorOf, largestError } from "./agree.ts";
import { PeerProcess } from "./child.ts";
import { KYMO, type PeerCommand, type PeerEntry } from "../list.ts";
import type { PeerProblem } from "./problems.ts";
import type { Hello } from "../protocol.ts";
import { type Arrays, messageOf } from "../serve.ts";

/** What a comparison needs to know. */
export interface CompareOptions {
  /** Where files go between the processes; it holds no configuration. */
  readonly folder: string;
  /** Longest wait for one answer in milliseconds. */
  readonly patience: number;
}

/** A peer that answers. */
export interface OpenedPeer extends Hello {
  /** What it is called. */
  readonly name: string;
  /** How to start it. */
  readonly command: PeerCommand;
}

/** What came out of one peer and one problem; null where it did not get that far. */
export interface PeerOutcome {
  /** What the peer is called. */
  readonly name: string;
  /** Milliseconds of one run by round. */
  readonly rounds: readonly number[];
  /** Milliseconds from the start of the process to the end of the first run; nothing was compiled. */
  readonly firstMs: number | null;
  /** The most memory that the process held while it ran, in bytes. */
  readonly peakBytes: number | null;
  /** The largest error, relative to the largest value. */
  readonly error: number | null;
  /** Whether the error is small enough. */
  readonly agrees: boolean;
  /** Why it did not finish. */
  readonly failure: string | null;
}

/** How often each peer is timed, in turns. */
const ROUNDS = 5;
/** A peer that takes longer for one run, in milliseconds, is timed in fewer rounds. */
const SLOW_RUN = 4000;
const SLOW_ROUNDS = 3;

/** Mesa keeps compiled shaders in files from one process to the next; a first run has none. */
const NO_SHADER_CACHE = { MESA_SHADER_CACHE_DISABLE: "true" };

/** Asks a peer who it is, which may first download it. The first command that works is taken. */
export async function openPeer(
  { name, commands }: PeerEntry,
  options: CompareOptions,
): Promise<OpenedPeer | { name: string; failure: string }> {
  let failure = "it has no command";
  for (const command of commands) {
    try {
      await using process = new PeerProcess(command, options);
      return { name, command, ...await process.ask({ do: "hello" }) };
    } catch (error) {
      failure = messageOf(error);
    }
  }
  return { name, failure };
}

/** A peer at work on a problem, and what is known of it so far. */
interface Contender {
  readonly process: PeerProcess;
  readonly outcome: Draft;
  /** Milliseconds of the first run that was timed, which finds everything compiled. */
  readonly firstTime: number;
}

type Draft = { -readonly [K in keyof PeerOutcome]: PeerOutcome[K] } & { rounds: number[] };

/**
 * Times a problem on all peers in turns, after a check of their results against the reference or,
 * without one, against Kymo. Wrong results are said to be wrong, and timed all the same.
 */
export async function compare(
  problem: PeerProblem,
  { peers, reference, ...options }: CompareOptions & {
    peers: readonly OpenedPeer[];
    reference: OpenedPeer | null;
  },
): Promise<PeerOutcome[]> {
  const inputs = await writeInputs(problem, options);
  let expected = reference && await resultsOf(reference, { problem, inputs, options });
  await using processes = new AsyncDisposableStack();
  const contenders: Contender[] = [];
  const outcomes: PeerOutcome[] = [];
  for (const peer of peers) {
    const outcome = emptyOutcome(peer.name);
    outcomes.push(outcome);
    try {
      const command = withEnvironment(peer.command, NO_SHADER_CACHE);
      const process = processes.use(new PeerProcess(command, options));
      await process.ask({ do: "start", op: problem.op, pass: problem.pass, inputs });
      outcome.firstMs = performance.now() - process.started;
      const { ms: firstTime } = await process.ask({ do: "time" });
      outcome.peakBytes = await process.peakBytes();
      const results = await readResults(process, options);
      if (peer.name === KYMO) expected ??= results;
      outcome.error = expected && errorOf(results, expected);
      outcome.agrees = outcome.error !== null && outcome.error <= largestError(problem);
      contenders.push({ process, outcome, firstTime });
    } catch (error) {
      outcome.failure = messageOf(error);
    }
  }
  await timeInTurns(contenders);
  return outcomes;
}

function emptyOutcome(name: string): Draft {
  return {
    name,
    rounds: [],
    firstMs: null,
    peakBytes: null,
    error: null,
    agrees: false,
    failure: null,
  };
}

async function timeInTurns(contenders: readonly Contender[]): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    for (const { process, outcome, firstTime } of contenders) {
      const isEnough = round >= SLOW_ROUNDS && firstTime > SLOW_RUN;
      if (isEnough || outcome.failure !== null) continue;
      try {
        outcome.rounds.push((await process.ask({ do: "time" })).ms);
      } catch (error) {
        outcome.failure = messageOf(error);
      }
    }
  }
}

/**
 * Milliseconds from the start of a peer's process to the end of its first run, when the driver has
 * compiled the same before: the second of two processes that share a folder of compiled shaders.
 */
export async function warmFirstRun(
  peer: OpenedPeer,
  { problem, ...options }: CompareOptions & { problem: PeerProblem },
): Promise<number | null> {
  const inputs = await writeInputs(problem, options);
  const cache = await Deno.makeTempDir({ dir: options.folder });
  const command = withEnvironment(peer.command, { MESA_SHADER_CACHE_DIR: cache });
  const run = async () => {
    await using process = new PeerProcess(command, options);
    await process.ask({ do: "start", op: problem.op, pass: problem.pass, inputs });
    return performance.now() - process.started;
  };
  try {
    await run();
    return await run();
  } catch {
    // Why it fails, its first run has said.
    return null;
  }
}

async function resultsOf(
  peer: OpenedPeer,
  { problem, inputs, options }: {
    problem: PeerProblem;
    inputs: string;
    options: CompareOptions;
  },
): Promise<Arrays> {
  await using process = new PeerProcess(peer.command, options);
  await process.ask({ do: "start", op: problem.op, pass: problem.pass, inputs });
  return await readResults(process, options);
}

async function readResults(process: PeerProcess, { folder }: CompareOptions): Promise<Arrays> {
  const file = `${folder}/results.safetensors`;
  await process.ask({ do: "results", file });
  return decodeSafeTensors(await Deno.readFile(file), file).tensors;
}

async function writeInputs(problem: PeerProblem, { folder }: CompareOptions): Promise<string> {
  const file = `${folder}/inputs.safetensors`;
  const tensors = await problem.makeInputs();
  await Deno.writeFile(file, encodeSafeTensors({ metadata: {}, tensors }));
  return file;
}

function withEnvironment(command: PeerCommand, env: Record<string, string>): PeerCommand {
  return { ...command, env: { ...command.env, ...env } };
}
