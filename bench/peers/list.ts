/**
 * The peers: what they are called and how their processes are started. Their packages are downloaded
 * when one is first asked for, into Deno's cache, and belong to nobody else.
 *
 * @module
 */

/** How to start a peer. */
export interface PeerCommand {
  /** The program. */
  readonly program: string;
  /** Its arguments. */
  readonly args: readonly string[];
  /** What its environment has besides this process's own. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A peer that may be there. */
export interface PeerEntry {
  /** What it is called on the command line and in the report. */
  readonly name: string;
  /** Ways to start it; the first that works is taken. */
  readonly commands: readonly PeerCommand[];
}

/** Kymo itself, the first in the list: all others are set against it. */
export const KYMO = "kymo";

const PYTHONS = ["python3", "/usr/bin/python3"];

/** All peers with Kymo first. `folder` is the only one that their processes may write to. */
export function listPeers(folder: string): PeerEntry[] {
  const threads = navigator.hardwareConcurrency;
  const deno = (name: string, file: string, ...args: string[]): PeerEntry => ({
    name,
    commands: [{ program: "deno", args: [...denoArgs(folder), pathOf(file), ...args] }],
  });
  return [
    deno(KYMO, "kymo.ts"),
    deno("jax-js", "jax_js.ts"),
    deno("tfjs-webgpu", "tfjs.ts", "webgpu"),
    deno("onnxruntime-webgpu", "onnxruntime.ts", "webgpu"),
    deno("tfjs-wasm", "tfjs.ts", "wasm"),
    deno("onnxruntime-wasm", "onnxruntime.ts", "wasm"),
    pytorch("pytorch-1-thread", ["1"]),
    ...threads > 1 ? [pytorch(`pytorch-${threads}-threads`, [`${threads}`])] : [],
  ];
}

/** Names of all peers that the command line can ask for. */
export function peerNames(): string[] {
  return listPeers("").map(({ name }) => name).filter((name) => name !== KYMO);
}

/** What all are held against where there is PyTorch: its answers in float64. */
export function referencePeer(): PeerEntry {
  return pytorch("pytorch-float64", [`${navigator.hardwareConcurrency}`, "float64"]);
}

/** Without the project's configuration: what a peer downloads must not enter its lock file. */
function denoArgs(folder: string): string[] {
  return [
    "run",
    "--no-prompt",
    "--no-config",
    "--no-lock",
    "--allow-read",
    "--allow-env",
    "--allow-sys",
    `--allow-write=${folder}`,
  ];
}

/** Through `sh`, so that the bench needs no permission for a program that many machines lack. */
function pytorch(name: string, args: string[]): PeerEntry {
  const commands = PYTHONS.map((python) => ({
    program: "sh",
    args: ["-c", 'exec "$@"', "sh", python, pathOf("pytorch.py"), ...args],
  }));
  return { name, commands };
}

function pathOf(file: string): string {
  const { pathname } = new URL(file, import.meta.url);
  const path = decodeURIComponent(pathname);
  return Deno.build.os === "windows" ? path.slice(1) : path;
}
