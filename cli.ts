/**
 * Kymo on the command line: `train`, `predict`, `evaluate`, `import`, `filter`,
 * `annotate-to-mask`, `synth`, `tune` and `doctor`.
 *
 * @module
 */

import { runCommand } from "./train/console/main.ts";

if (import.meta.main) Deno.exit(await runCommand(Deno.args));
