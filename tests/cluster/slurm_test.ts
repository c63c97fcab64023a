// The Slurm script of docs/cluster, run by a queue of one machine where Slurm is installed, with jobs that
// are put back into the queue while they run.
import { assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import { synthFiles } from "../../train/jobs/synth_files.ts";
import { kymo, PROGRAM_WORDS, runs, TINY } from "../cli/fixtures/command.ts";

const SCRIPT = fileURLToPath(new URL("../../docs/cluster/slurm.sh", import.meta.url));

async function sh(script: string, env: Record<string, string> = {}): Promise<string> {
  const options = { args: ["-c", script], env: { NO_COLOR: "1", ...env }, cwd: folder };
  const { success, stdout, stderr } = await new Deno.Command("sh", options).output();
  const text = new TextDecoder().decode(stdout).trim();
  if (success) return text;
  throw new Error(`${script}: ${text}${new TextDecoder().decode(stderr)}`);
}

const folder = await Deno.makeTempDir();
// Only root may start a queue's daemons.
const canRun = await sh("command -v slurmctld && command -v slurmd && [ $(id -u) = 0 ]")
  .then(() => true, () => false);
if (!canRun) console.log("Slurm is not installed, or this is not root: its template is not run");

/** A queue of this machine alone, without other users to be told apart. */
function configuration(host: string): string {
  return `ClusterName=one
SlurmctldHost=${host}
AuthType=auth/none
CredType=cred/none
SlurmUser=root
SlurmctldPort=26817
SlurmdPort=26818
StateSaveLocation=${folder}/state
SlurmdSpoolDir=${folder}/spool
SlurmctldPidFile=${folder}/slurmctld.pid
SlurmdPidFile=${folder}/slurmd.pid
SlurmctldLogFile=${folder}/slurmctld.log
SlurmdLogFile=${folder}/slurmd.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
MpiDefault=none
NodeName=${host} CPUs=2 RealMemory=2500 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
`;
}

Deno.test.afterAll(async () => {
  await sh("kill $(cat slurmd.pid slurmctld.pid 2>/dev/null) 2>/dev/null; sleep 1; true");
  await Deno.remove(folder, { recursive: true });
});

Deno.test({
  name: "jobs of a Slurm array give the labels of one process, also where they ran twice",
  ignore: !canRun,
  async fn() {
    await synthFiles({ out: `${folder}/data`, stills: 5, frames: 9 });
    const place = { cwd: folder };
    const train = ["train", "--stills=data/stills", "--video=data/video", ...TINY, "--out=run"];
    await runs(train, place);
    await runs(["predict", "--model=run", "--out=whole", "data/video"], place);
    await runs(["ranges", "--model=run", "--out=ranges.json", "data/video"], place);
    const pieces = await runs(["shards", "--size=3", "data/video"], place);
    await Deno.writeTextFile(`${folder}/pieces.txt`, `${pieces.join("\n")}\n`);

    for (const name of ["state", "spool"]) await Deno.mkdir(`${folder}/${name}`);
    await Deno.writeTextFile(`${folder}/slurm.conf`, configuration(await sh("hostname -s")));
    const env = {
      ...{ SLURM_CONF: `${folder}/slurm.conf`, KYMO: PROGRAM_WORDS.join(" ") },
      ...{ MODEL: `${folder}/run`, OUT: folder },
    };
    await sh("slurmctld && sleep 1 && slurmd && sleep 2", env);
    const submitted = await sh(`sbatch --parsable --array=0-2 ${SCRIPT}`, env);
    const id = submitted.split("\n").at(-1)!;
    // The first one is stopped as soon as it waits no more, and runs again.
    const again = `scontrol requeue ${id}_0`;
    await sh(`for try in $(seq 100); do ${again} && exit; sleep 0.3; done; ${again}`, env);
    await sh(`while squeue --noheader | grep -q .; do sleep 1; done`, env);
    const merged = await kymo(["merge", "--out=labels", "part-0", "part-1", "part-2"], place);
    assertEquals(merged.code, 0, merged.error + await sh("cat slurm-*.out slurmd.log"));
    assertEquals(await sh("cd whole && sha256sum *.tif"), await sh("cd labels && sha256sum *.tif"));
  },
});
