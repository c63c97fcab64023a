import { VERSION } from "../../learn/runs/version.ts";

export { VERSION };

/** Versions of what a run was computed with. */
export function versions(): Record<string, string> {
  return { kymo: VERSION, deno: Deno.version.deno };
}
