// A peer for tests: `y` is its first argument times `x`; the second says where it goes wrong.
import { type Peer, serve } from "../../../bench/peers/serve.ts";

const [factor, fault] = Deno.args;

function open(): Promise<Peer> {
  return Promise.resolve({
    version: "1.2.3",
    setting: `times ${factor}`,
    start({ pass }, inputs) {
      if (pass === "step") throw new Error("it does not train");
      const { shape, data } = inputs.get("x")!;
      console.log("a library that prints");
      let runs = 0;
      return {
        run: async () => {
          runs++;
          await new Promise((resolve) => setTimeout(resolve, 30));
          if (fault === "hangs" && runs > 8) await new Promise(() => setTimeout(() => {}, 1e9));
          if (fault === "dies" && runs > 8) {
            console.error("it says much\nerror: Out of everything\n    at nowhere");
            Deno.exit(3);
          }
        },
        finish: () => Promise.resolve(),
        results: () => {
          const y = { shape, data: data.map((value) => value * Number(factor)) };
          return Promise.resolve(new Map([["y", y]]));
        },
      };
    },
  });
}

await serve(open, { enough: 60 });
