import { assert, assertEquals, assertRejects } from "@std/assert";
import type { PeerCommand } from "../../../../bench/peers/list.ts";
import { PeerError, PeerProcess } from "../../../../bench/peers/contest/child.ts";

const folder = await Deno.makeTempDir();
addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

/** A peer as a shell script, which is quick to start. */
function script(text: string): PeerCommand {
  return { program: "sh", args: ["-c", text] };
}

function start(text: string, patience = 10_000): PeerProcess {
  return new PeerProcess(script(text), { folder, patience });
}

const ANSWERING = 'while read line; do echo noise; echo "peer> {\\"ms\\": 2.5}"; done';

Deno.test("PeerProcess asks, and passes over what a library prints", async () => {
  await using peer = start(ANSWERING);
  assertEquals(await peer.ask({ do: "time" }), { ms: 2.5 });
  assertEquals(await peer.ask({ do: "time" }), { ms: 2.5 });
});

Deno.test("PeerProcess works in the folder, with what is set in its environment", async () => {
  const text = 'read line; echo "peer> {\\"version\\": \\"$PWD $KIND\\"}"; read line';
  const command = { ...script(text), env: { KIND: "cold" } };
  await using peer = new PeerProcess(command, { folder, patience: 10_000 });
  const { version } = await peer.ask({ do: "hello" });
  assertEquals(version, `${await Deno.realPath(folder)} cold`);
});

Deno.test("PeerProcess lets a peer say that it cannot, and go on", async () => {
  await using peer = start(
    'read line; echo "peer> {\\"error\\": \\"no such gradient\\"}"; read line; echo "peer> {}"',
  );
  await assertRejects(() => peer.ask({ do: "hello" }), PeerError, "no such gradient");
  assertEquals<object>(await peer.ask({ do: "hello" }), {});
});

Deno.test("PeerProcess gives the last words of a peer that ends", async () => {
  const wordy = "read line; echo 'Warning: old' >&2; echo 'error: No adapter' >&2; " +
    "echo '    at open.ts' >&2; exit 1";
  const cases: [text: string, message: string][] = [
    [wordy, "error: No adapter"],
    ["read line; echo 'killed by the moon' >&2", "killed by the moon"],
    ["read line", "its process ended without a word"],
    ["exit 1", "its process ended without a word"],
  ];
  for (const [text, message] of cases) {
    await using peer = start(text);
    await assertRejects(() => peer.ask({ do: "hello" }), PeerError, message);
  }
});

Deno.test("PeerProcess ends a peer that keeps silent", async () => {
  const peer = start("echo $$; while true; do sleep 60; done", 300);
  await assertRejects(
    () => peer.ask({ do: "time" }),
    PeerError,
    "no answer to time in 0.3 s",
  );
  await assertRejects(() => peer.ask({ do: "time" }), PeerError);
});

Deno.test("PeerProcess says at once that a program is not there", () => {
  let message = "";
  try {
    new PeerProcess({ program: "deno-that-is-not-there", args: [] }, { folder, patience: 1 });
  } catch (error) {
    message = (error as Error).name;
  }
  assert(["NotFound", "NotCapable"].includes(message), message);
});

Deno.test({
  name: "PeerProcess.peakBytes() knows what a process once held",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using peer = start(ANSWERING);
    await peer.ask({ do: "time" });
    const bytes = await peer.peakBytes();
    assert(bytes !== null && bytes > 2 ** 16 && bytes < 2 ** 26, `${bytes}`);
  },
});
