// .ci/run with a made-up setup.sh: what it counts, and that no failure gets lost.
import { assertEquals } from "@std/assert";

/** What `sh setup.sh TASK` prints and how it exits. */
interface Task {
  says: string;
  code: number;
}

const CHECKED: Task = { says: "Publish: 100 files", code: 0 };
const LONG: Task = { says: "ok | 1 passed | 0 failed (5m9s)", code: 0 };

/** What .ci/run needs of a machine. */
const TOOLS = ["bash", "sh", "env", "dirname", "mktemp", "rm", "tee", "grep", "tail", "sed"];

/** Runs .ci/run with these tasks, with a browser where the page is tested; gives exit code and last line. */
async function runCi(
  test: Task,
  check: Task,
  { web = null, long = LONG }: { web?: Task | null; long?: Task } = {},
): Promise<{ code: number; last?: string }> {
  const root = await Deno.makeTempDir({ prefix: "kymo ci " });
  try {
    await Deno.mkdir(`${root}/.ci`);
    await Deno.copyFile(new URL("../.ci/run", import.meta.url), `${root}/.ci/run`);
    const answers = Object.entries({
      test,
      "test:long": long,
      check,
      ...(web && { "test:web": web }),
    }).map((
      [task, { says, code }],
    ) => `${task}) printf '%s\\n' '${says}'; exit ${code} ;;`);
    await Deno.writeTextFile(`${root}/setup.sh`, `case "$1" in\n${answers.join("\n")}\nesac\n`);
    // Only what is named is on PATH, so that it is known whether there is a browser.
    const link =
      'mkdir "$0/bin"; for tool; do ln -s "$(command -v "$tool")" "$0/bin/$tool"; done; ' +
      'if [ -n "$WEB" ]; then ln -s "$(command -v sh)" "$0/bin/chromium"; fi; ' +
      'PATH="$0/bin" exec "$0/.ci/run"';
    const { code, stdout } = await new Deno.Command("sh", {
      args: ["-c", link, root, ...TOOLS],
      env: { WEB: web ? "1" : "" },
      cwd: "/",
    }).output();
    return { code, last: new TextDecoder().decode(stdout).trimEnd().split("\n").at(-1) };
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test(".ci/run adds the checks to the tests that were counted", async () => {
  const test = {
    says: "a ... ok\n\nok | 12 passed (3 steps) | 0 failed | 1 ignored (2s)",
    code: 0,
  };
  assertEquals(await runCi(test, CHECKED), { code: 0, last: "14 passed, 0 failed" });
});

Deno.test(".ci/run fails when a test fails", async () => {
  const test = { says: "FAILED | 3 passed | 2 failed (9ms)\n\nerror: Test failed", code: 1 };
  assertEquals(await runCi(test, CHECKED), { code: 1, last: "5 passed, 2 failed" });
});

Deno.test(".ci/run fails when a check fails", async () => {
  const test = { says: "ok | 3 passed | 0 failed (9ms)", code: 0 };
  const check = { says: "error: Found 1 problem", code: 1 };
  assertEquals(await runCi(test, check), { code: 1, last: "4 passed, 1 failed" });
});

Deno.test(".ci/run fails when the tests do not start or do not end", async () => {
  const none = { says: "error: Type checking failed.", code: 1 };
  assertEquals(await runCi(none, CHECKED), { code: 1, last: "2 passed, 1 failed" });
  const stray = { says: "ok | 3 passed | 0 failed (9ms)\nerror: (in promise)", code: 1 };
  assertEquals(await runCi(stray, CHECKED), { code: 1, last: "5 passed, 1 failed" });
  const silent = { says: "", code: 0 };
  assertEquals(await runCi(silent, CHECKED), { code: 1, last: "2 passed, 1 failed" });
});

Deno.test(".ci/run fails when the process of a test file died", async () => {
  const test = {
    says: "FAILED\n  tests/a_test.ts: its process was ended by SIGABRT\n\n" +
      "FAILED | 3 passed | 1 failed (4m2s)",
    code: 1,
  };
  assertEquals(await runCi(test, CHECKED), { code: 1, last: "5 passed, 1 failed" });
});

Deno.test(".ci/run counts the run itself, not a summary that a test prints", async () => {
  const says = "ok | 99 passed | 0 failed (1s)\n\nok | 2 passed | 0 failed (1s)";
  assertEquals(await runCi({ says, code: 0 }, CHECKED), { code: 0, last: "4 passed, 0 failed" });
});

Deno.test(".ci/run adds the tests of the page where there is a browser", async () => {
  const test = { says: "ok | 3 passed | 0 failed (9ms)", code: 0 };
  const web = { says: "ok | 2 passed | 0 failed (40s)", code: 0 };
  assertEquals(await runCi(test, CHECKED, { web }), { code: 0, last: "7 passed, 0 failed" });
  const broken = { says: "FAILED | 1 passed | 1 failed (40s)", code: 1 };
  assertEquals(await runCi(test, CHECKED, { web: broken }), {
    code: 1,
    last: "6 passed, 1 failed",
  });
  assertEquals(await runCi(test, CHECKED), { code: 0, last: "5 passed, 0 failed" });
});

Deno.test(".ci/run adds the long tests", async () => {
  const test = { says: "ok | 3 passed | 0 failed (9ms)", code: 0 };
  const long = { says: "FAILED | 7 passed | 2 failed (4m)", code: 1 };
  assertEquals(await runCi(test, CHECKED, { long }), { code: 1, last: "11 passed, 2 failed" });
});
