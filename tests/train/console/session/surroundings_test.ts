import { assertEquals, assertMatch } from "@std/assert";
import { outdatedDeno } from "../../../../train/console/session/surroundings.ts";

Deno.test("outdatedDeno() refuses what is older than setup.sh and README ask for, in one sentence", async () => {
  for (const version of ["2.9.0", "2.10.1", "3.0.0", "2.9.6+abc"]) {
    assertEquals(outdatedDeno(version), null, version);
  }
  for (const version of ["2.8.3", "1.46.3", "2.0.0-rc.1", "0.9.0"]) {
    assertMatch(
      outdatedDeno(version) ?? "",
      /^Cannot run with Deno \S+: Kymo needs Deno 2\.9 or newer; /,
    );
  }
  const script = await Deno.readTextFile(new URL("../../../../setup.sh", import.meta.url));
  assertMatch(script, /^wanted_major=2 wanted_minor=9$/m);
});
