// setup.sh on made-up machines: a folder of small scripts stands for everything on PATH, and files
// in it stand for what is installed. Nothing here touches the network or the real machine.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";

const SETUP = new URL("../setup.sh", import.meta.url);
const NEAREST = new URL("../train/console/nearest.ts", import.meta.url);
/** Ordinary tools that the script may use as they are. */
const TOOLS = ["dirname", "mkdir", "mktemp", "chmod"];

interface Machine {
  /** Version of the `deno` on PATH. */
  deno?: string;
  /** Version of the `deno` in ~/.deno/bin. */
  homeDeno?: string;
  npm?: "works" | "fails";
  /** What `apt-get install` needs before it works. */
  apt?: "works" | "needs update" | "fails";
  sudo?: "works" | "asks";
  user?: "root" | "somebody";
  system?: "Linux" | "Darwin";
  /** The backends of Deno that find an adapter. */
  backends?: string[];
  /** A link that somebody else put into the folder of temporary files: from a name there to `home`. */
  link?: string;
  /** The tasks of the project. */
  tasks?: Record<string, string>;
  env?: Record<string, string>;
}

interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
  /** The calls of npm, apt-get and sudo. */
  calls: string[];
  home: string;
}

/** Runs setup.sh on such a machine; by default it has all that is needed. */
async function setUp(machine: Machine = {}, args: string[] = []): Promise<Outcome> {
  const root = await Deno.makeTempDir({ prefix: "kymo set-up " });
  try {
    for (const folder of ["bin", "home", "project", "state"]) await Deno.mkdir(`${root}/${folder}`);
    await Deno.copyFile(SETUP, `${root}/project/setup.sh`);
    const { tasks = { train: "", test: "" } } = machine;
    await Deno.writeTextFile(`${root}/project/deno.json`, JSON.stringify({ tasks }));
    await Deno.mkdir(`${root}/project/train/console`, { recursive: true });
    await Deno.copyFile(NEAREST, `${root}/project/train/console/nearest.ts`);
    await buildMachine(root, machine);
    const start = 'PATH="$1"; export PATH; script="$2"; shift 2; exec /bin/sh "$script" "$@"';
    const { code, stdout, stderr } = await new Deno.Command("sh", {
      args: ["-c", start, "sh", `${root}/bin`, `${root}/project/setup.sh`, ...args],
      clearEnv: true,
      env: {
        HOME: `${root}/home`,
        TMPDIR: `${root}/state`,
        STATE: `${root}/state`,
        ...machine.env,
      },
      cwd: "/",
    }).output();
    const calls = await Deno.readTextFile(`${root}/state/calls`).catch(() => "");
    return {
      code,
      stdout: new TextDecoder().decode(stdout),
      stderr: new TextDecoder().decode(stderr),
      calls: calls.trim().split("\n").filter(Boolean),
      home: `${root}/home`,
    };
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

async function buildMachine(root: string, machine: Machine): Promise<void> {
  const { system = "Linux", user = "root", backends = ["vulkan", "gl"] } = machine;
  const write = (name: string, body: string) =>
    Deno.writeTextFile(`${root}/${name}`, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  for (const tool of TOOLS) await write(`bin/${tool}`, `PATH=/usr/bin:/bin; exec ${tool} "$@"`);
  await write("bin/env", 'export "$1"; shift; exec "$@"');
  await write("bin/uname", `echo ${system}`);
  await write("bin/id", `echo ${user === "root" ? 0 : 1000}`);
  if (machine.link) await Deno.symlink(`${root}/home`, `${root}/state/${machine.link}`);
  for (const backend of backends) await Deno.writeTextFile(`${root}/state/${backend}`, "");
  if (machine.deno) await write("bin/deno", fakeDeno(machine.deno));
  if (machine.homeDeno) {
    await Deno.mkdir(`${root}/home/.deno/bin`, { recursive: true });
    await write("home/.deno/bin/deno", fakeDeno(machine.homeDeno));
  }
  if (machine.npm) {
    await Deno.writeTextFile(`${root}/state/new-deno`, `#!/bin/sh\n${fakeDeno("2.9.6")}\n`);
    await write("bin/npm", machine.npm === "works" ? FAKE_NPM : `${RECORD} npm "$@"; exit 1`);
  }
  if (machine.apt) {
    if (machine.apt === "works") await Deno.writeTextFile(`${root}/state/updated`, "");
    await write("bin/apt-get", machine.apt === "fails" ? `${RECORD} apt-get; exit 1` : FAKE_APT);
  }
  if (machine.sudo) {
    await write("bin/sudo", machine.sudo === "works" ? FAKE_SUDO : `${RECORD} sudo; exit 1`);
  }
}

const RECORD = `record() { echo "$*" >> "$STATE/calls"; }; record`;

/** Answers the calls that the script makes: the version, the name of the task, the adapter, the task. */
function fakeDeno(version: string): string {
  return `
case "$*" in
  *Deno.version*) echo ${version} ;;
  *nearest*) exec "${Deno.execPath()}" "$@" ;;
  *requestAdapter*)
    for backend in \${DENO_WEBGPU_BACKEND:-vulkan gl metal}; do
      if [ -f "$STATE/$backend" ]; then echo "the $backend adapter"; exit 0; fi
    done
    exit 1 ;;
  *) printf '<%s>' "$@"; echo; echo "runtime folder $XDG_RUNTIME_DIR"
    echo "called in $INIT_CWD"; exit 7 ;;
esac`;
}

const FAKE_NPM = `${RECORD} npm "$@"
folder=$3/node_modules/@deno/linux-x64-glibc
mkdir -p "$folder"
while IFS= read -r line; do printf '%s\\n' "$line"; done < "$STATE/new-deno" > "$folder/deno"
echo "added 2 packages"`;

const FAKE_APT = `${RECORD} apt-get "$@"
case "$*" in
  *update*) : > "$STATE/updated" ;;
  *install*) [ -f "$STATE/updated" ] && : > "$STATE/vulkan" ;;
esac`;

const FAKE_SUDO = `${RECORD} sudo
[ "$1" = -n ] && shift
case "$1" in true) exit 0 ;; *) exec "$@" ;; esac`;

Deno.test("setup.sh installs nothing when nothing is missing, and prints the adapter", async () => {
  const { code, stdout, stderr, calls } = await setUp({
    deno: "2.9.0",
    npm: "works",
    apt: "works",
  });
  assertEquals(code, 0);
  assertStringIncludes(stdout, "Deno 2.9.0, WebGPU adapter: the vulkan adapter");
  assertEquals(stderr, "");
  assertEquals(calls, []);
});

Deno.test("setup.sh takes newer versions than it asks for", async () => {
  for (const deno of ["2.10.0", "3.0.1", "2.9.6+abc"]) {
    const { code, calls } = await setUp({ deno, npm: "works" });
    assertEquals({ code, calls }, { code: 0, calls: [] });
  }
});

Deno.test("setup.sh runs the task with its arguments as they are, and exits as it does", async () => {
  const args = ["train", "--out", "a folder", 'c"$d*'];
  const { code, stdout, stderr } = await setUp({ deno: "2.9.6" }, args);
  assertEquals(code, 7);
  assertMatch(
    stdout,
    /^<task><-q><--config><.*\/project\/deno.json><train><--out><a folder><c"\$d\*>\n/,
  );
  assert(!stdout.includes("adapter"), "standard output belongs to the task");
  assertStringIncludes(stderr, "WebGPU adapter: the vulkan adapter");
});

Deno.test("setup.sh says which task may be meant where there is none of a name, before it installs", async () => {
  const tasks = { evaluate: "", "test:web": "" };
  const named = async (name: string) => {
    const { code, stdout, stderr, calls } = await setUp(
      { deno: "2.9.6", apt: "works", backends: [], tasks },
      [name],
    );
    assertEquals({ code, stdout, calls }, { code: 2, stdout: "", calls: [] });
    return stderr;
  };
  assertEquals(
    await named("evalute"),
    "Cannot run evalute: no such task; did you mean evaluate? See sh setup.sh help\n",
  );
  assertEquals(await named("a b"), "Cannot run a b: no such task; see sh setup.sh help\n");
  const { code, stdout } = await setUp({ deno: "2.9.6", tasks }, ["test:web"]);
  assertEquals(code, 7);
  assertStringIncludes(stdout, "<test:web>");
  for (const name of ["help", "--help"]) {
    const listed = await setUp({ deno: "2.9.6", tasks }, [name]);
    assertMatch(listed.stdout, /^<task><--config><.*\/project\/deno.json>\n/);
  }
});

Deno.test("setup.sh tells the task in which folder it was called", async () => {
  const { stdout } = await setUp({ deno: "2.9.6", env: { INIT_CWD: "/elsewhere" } }, ["train"]);
  assertStringIncludes(stdout, "called in /\n");
});

Deno.test("setup.sh runs nothing that somebody else put into the folder of temporary files", async () => {
  const machine: Machine = { npm: "works", env: { HOME: "" } };
  const alone = await setUp(machine, ["test"]);
  assertEquals(alone.code, 7);
  assert(/ --prefix \S+ set-up \S+\/state\/\.kymo-0 /.test(alone.calls[0]), alone.calls[0]);
  const squatted = await setUp({ ...machine, link: ".kymo-0" }, ["test"]);
  assertEquals({ code: squatted.code, calls: squatted.calls }, { code: 1, calls: [] });
  assertMatch(
    squatted.stderr,
    /^Cannot set up Kymo: .*\.kymo-0 belongs to somebody else\n {2}Set HOME/,
  );
  const runtime = await setUp({ deno: "2.9.6", link: "kymo-runtime-0" }, ["train"]);
  assertMatch(runtime.stdout, /runtime folder .*tmp\.\w+\n/);
});

Deno.test("setup.sh prefers ~/.deno to a deno on PATH that is too old", async () => {
  const { code, stdout, calls } = await setUp({ deno: "2.8.3", homeDeno: "2.9.1", npm: "works" });
  assertEquals(code, 0);
  assertStringIncludes(stdout, "Deno 2.9.1");
  assertMatch(stdout, /export PATH=".*\/home\/\.deno\/bin:\$PATH"/);
  assertEquals(calls, []);
});

Deno.test("setup.sh installs Deno from npm into the home folder, and runs the task", async () => {
  for (const deno of [undefined, "1.46.3"]) {
    const { code, stdout, stderr, calls, home } = await setUp({ deno, npm: "works" }, ["test"]);
    assertEquals(code, 7);
    assertMatch(stderr, /To use deno yourself: export PATH=.*\nFetching libraries, once\n/);
    assertStringIncludes(stdout, "<test>");
    assertEquals(calls.length, 1);
    assert(calls[0].startsWith(`npm install --prefix ${home}/.kymo `), calls[0]);
    assert(calls[0].endsWith(" deno@>=2.9"), calls[0]);
  }
});

Deno.test("setup.sh says what to install without Deno and npm, and when npm fails", async () => {
  const none = await setUp({});
  assertEquals(none.code, 1);
  assertStringIncludes(none.stderr, "Cannot set up Kymo: neither Deno 2.9 nor npm is installed");
  assertStringIncludes(none.stderr, "https://docs.deno.com");
  const failing = await setUp({ npm: "fails" });
  assertEquals(failing.code, 1);
  assertStringIncludes(failing.stderr, "Cannot set up Kymo: npm could not install deno");
});

Deno.test("setup.sh installs Mesa's Vulkan driver as root when Deno finds none", async () => {
  const { code, stdout, calls } = await setUp({ deno: "2.9.6", backends: [], apt: "works" });
  assertEquals(code, 0);
  assertStringIncludes(stdout, "WebGPU adapter: the vulkan adapter");
  assertEquals(calls.length, 1);
  assertMatch(calls[0], /^apt-get .*install mesa-vulkan-drivers$/);
});

Deno.test("setup.sh updates the package lists when the first installation fails", async () => {
  const machine: Machine = { deno: "2.9.6", backends: [], apt: "needs update" };
  const { code, stdout, calls } = await setUp(machine);
  assertEquals(code, 0);
  assertStringIncludes(stdout, "the vulkan adapter");
  assertEquals(calls.map((call) => call.match(/install|update/)?.[0]), [
    "install",
    "update",
    "install",
  ]);
});

Deno.test("setup.sh uses sudo only when it asks for no password", async () => {
  const machine: Machine = { deno: "2.9.6", backends: [], apt: "works", user: "somebody" };
  const allowed = await setUp({ ...machine, sudo: "works" });
  assertEquals(allowed.code, 0);
  assert(allowed.calls.some((call) => /^apt-get .*install/.test(call)));
  const refused = await setUp({ ...machine, sudo: "asks" });
  assertEquals(refused.code, 1);
  assert(!refused.calls.some((call) => call.startsWith("apt-get")));
  const absent = await setUp(machine);
  assertEquals({ code: absent.code, calls: absent.calls }, { code: 1, calls: [] });
});

Deno.test("setup.sh falls back to OpenGL where no Vulkan driver can be installed", async () => {
  for (const apt of [undefined, "fails"] as const) {
    const { code, stdout } = await setUp({ deno: "2.9.6", backends: ["gl"], apt });
    assertEquals(code, 0);
    assertStringIncludes(stdout, "This adapter is slow: install mesa-vulkan-drivers");
    assertStringIncludes(stdout, "WebGPU adapter: the gl adapter");
  }
});

Deno.test("setup.sh says what to install when there is no adapter at all", async () => {
  const { code, stdout, stderr } = await setUp({ deno: "2.9.6", backends: [], apt: "fails" }, [
    "train",
  ]);
  assertEquals(code, 1);
  assertEquals(stdout, "");
  assertStringIncludes(stderr, "Cannot set up Kymo: Deno finds no WebGPU adapter");
  assertStringIncludes(stderr, "apt-get install mesa-vulkan-drivers");
});

Deno.test("setup.sh only checks on systems other than Linux", async () => {
  const mac: Machine = { deno: "2.9.6", system: "Darwin", apt: "works" };
  const ready = await setUp({ ...mac, backends: ["metal"] });
  assertEquals({ code: ready.code, calls: ready.calls }, { code: 0, calls: [] });
  assertStringIncludes(ready.stdout, "WebGPU adapter: the metal adapter");
  const missing = await setUp({ ...mac, backends: [] });
  assertEquals({ code: missing.code, calls: missing.calls }, { code: 1, calls: [] });
});

Deno.test("setup.sh leaves a choice of backend to the user", async () => {
  const { code, stdout, calls } = await setUp({
    deno: "2.9.6",
    backends: ["vulkan", "gl"],
    apt: "works",
    env: { DENO_WEBGPU_BACKEND: "gl" },
  });
  assertEquals({ code, calls }, { code: 0, calls: [] });
  assertStringIncludes(stdout, "the gl adapter");
});

Deno.test("setup.sh gives the task a runtime folder, or keeps the one that is set", async () => {
  const made = await setUp({ deno: "2.9.6" }, ["train"]);
  assertMatch(made.stdout, /runtime folder .*\/state\/kymo-runtime-0\n/);
  const kept = await setUp({ deno: "2.9.6", env: { XDG_RUNTIME_DIR: "/run/user/1" } }, ["train"]);
  assertStringIncludes(kept.stdout, "runtime folder /run/user/1\n");
});
