/**
 * `deno task bench --peers`: opens the peers, takes them through all problems and reports.
 *
 * @module
 */

import { openDevice } from "../../kernels/open_device.ts";
import {
  compare,
  type CompareOptions,
  type OpenedPeer,
  openPeer,
  warmFirstRun,
} from "./contest/compare.ts";
import { KYMO, listPeers, type PeerEntry, referencePeer } from "./list.ts";
import { peerProblems } from "./contest/problems.ts";
import {
  missingPeer,
  type PeerReport,
  peerReport,
  type PeerTime,
  peerTimes,
} from "./results/report.ts";
import { describePeer, peerTableHead, peerTableLine } from "./results/table.ts";

/** Which peers and problems. */
export interface PeerChoice {
  /** Names of peers. */
  readonly names: readonly string[];
  /** `conv2d` or `unet`; both unless told. */
  readonly only?: string;
}

/** Longer than any answer should take: a download, or a training step of the slowest peer. */
const PATIENCE = 240_000;

/** Measures Kymo and its peers, printing a line at a time, and gives their reports by name. */
export async function benchPeers(
  { names, only }: PeerChoice,
  print: (line: string) => void,
): Promise<Record<string, PeerReport>> {
  const folder = await Deno.makeTempDir({ prefix: "kymo-bench-" });
  const options = { folder, patience: PATIENCE };
  try {
    const entries = listPeers(folder).filter(({ name }) => name === KYMO || names.includes(name));
    const { peers, missing } = await openPeers(entries, { ...options, print });
    if (missing[KYMO]) {
      throw new Error(`Cannot compare with peers: Kymo does not start: ${missing[KYMO].failure}`);
    }
    const reference = await openPeer(referencePeer(), options);
    const hasReference = !("failure" in reference);
    print(`Results are held against ${hasReference ? "PyTorch in float64" : "those of Kymo"}`);
    using device = await openDevice();
    const problems = peerProblems(device).filter(({ op }) => only === undefined || op === only);
    print(peerTableHead());
    const times: Map<string, PeerTime>[] = [];
    for (const problem of problems) {
      const outcomes = await compare(problem, {
        ...options,
        peers,
        reference: hasReference ? reference : null,
      });
      const byPeer = peerTimes({ problem, outcomes });
      for (const [name, time] of byPeer) print(peerTableLine(name, time));
      times.push(byPeer);
    }
    const step = problems.find(({ pass }) => pass === "step");
    const reports: Record<string, PeerReport> = {};
    for (const peer of peers) {
      const ofPeer = times.map((byPeer) => byPeer.get(peer.name)!);
      const warmMs = step && hasStep(ofPeer)
        ? await warmFirstRun(peer, { ...options, problem: step })
        : null;
      reports[peer.name] = peerReport(peer, { problems: ofPeer, warmMs });
      print(describePeer(peer.name, reports[peer.name]));
    }
    return { ...reports, ...missing };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function openPeers(
  entries: readonly PeerEntry[],
  { print, ...options }: CompareOptions & { print: (line: string) => void },
): Promise<{ peers: OpenedPeer[]; missing: Record<string, PeerReport> }> {
  const peers: OpenedPeer[] = [];
  const missing: Record<string, PeerReport> = {};
  for (const entry of entries) {
    const peer = await openPeer(entry, options);
    if ("failure" in peer) {
      missing[peer.name] = missingPeer(peer.failure);
      print(`${peer.name} is left out: ${peer.failure}`);
    } else {
      peers.push(peer);
      print(`${peer.name} ${peer.version}: ${peer.setting}`);
    }
  }
  return { peers, missing };
}

function hasStep(times: readonly PeerTime[]): boolean {
  return times.some(({ pass, ms }) => pass === "step" && ms !== null);
}
