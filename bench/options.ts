/**
 * The command line of the bench.
 *
 * @module
 */

import { parseArgs } from "@std/cli";
import { operations } from "../kernels/operations.ts";
import { hostJobs } from "./host/list.ts";
import { peerNames } from "./peers/list.ts";

/** What the command line asks for. */
export interface BenchOptions {
  /** The one operation to time, or `unet`; everything unless told. */
  readonly only?: string;
  /** Peers to time beside Kymo; none unless told. */
  readonly peers?: readonly string[];
  /** Whether the host side is measured instead, on a device that computes nothing. */
  readonly host?: boolean;
  /** Where to write the report as JSON. */
  readonly out?: string;
  /** Where to write the report as a page. */
  readonly docs?: string;
}

/** The name under which `--only` knows the U-Net. */
export const UNET = "unet";
/** The page of the project. */
export const DOCS = "docs/benchmarks.md";

const TAKES = "--only NAME, --peers, --peers NAME,NAME, --host, --out FILE.json and --docs FILE.md";
const NAMES = [...operations.map(({ name }) => name), UNET];
const HOST_NAMES = hostJobs.map(({ name }) => name);
/** What peers are timed on. */
const SHARED = ["conv2d", UNET];

/**
 * Reads the command line. A whole run with all peers writes the page of the project unless told
 * otherwise.
 *
 * @throws {TypeError | RangeError} If it asks for what there is not, with what there is.
 */
export function readOptions(args: string[]): BenchOptions {
  const unknown: string[] = [];
  const { only, out, docs, peers, host } = parseArgs(args, {
    string: ["only", "out", "docs", "peers"],
    boolean: ["host"],
    unknown: (word) => {
      unknown.push(word);
      return false;
    },
  });
  if (unknown.length > 0) {
    throw new TypeError(`Cannot run the bench: ${unknown[0]} is unknown; there are ${TAKES}`);
  }
  const names = host ? HOST_NAMES : NAMES;
  if (only !== undefined && !names.includes(only)) {
    throw new RangeError(
      `Cannot run the bench: --only is "${only}", expected one of ${names.join(", ")}`,
    );
  }
  if (host && (peers ?? docs) !== undefined) {
    throw new TypeError("Cannot run the bench: --host goes with --only and --out alone");
  }
  for (const [name, file] of Object.entries({ out, docs })) {
    if (file === "") {
      throw new TypeError(`Cannot run the bench: --${name} is empty, expected a file name`);
    }
  }
  const chosen = peers === undefined ? undefined : readPeers(peers, only);
  const isWhole = only === undefined && peers === "";
  const page = docs ?? (isWhole ? DOCS : undefined);
  return { only, peers: chosen, ...(host && { host }), out, docs: page };
}

function readPeers(list: string, only: string | undefined): string[] {
  const known = peerNames();
  const names = list === "" ? known : list.split(",");
  const wrong = names.find((name) => !known.includes(name));
  if (wrong !== undefined) {
    throw new RangeError(
      `Cannot run the bench: --peers names "${wrong}", expected any of ${known.join(",")}`,
    );
  }
  if (only !== undefined && !SHARED.includes(only)) {
    throw new RangeError(
      `Cannot run the bench: --peers and --only ${only}, but peers are timed only on ` +
        SHARED.join(" and "),
    );
  }
  return names;
}
