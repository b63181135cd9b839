/**
 * The contract inside a simulation: the same channels, in orders that seeds decide.
 */
import { sleep } from "@good-place/channel";
import { simulate } from "@good-place/channel/simulation";
import { contract } from "./contract.js";
import { fiberMaker } from "./fiber-maker.js";

for (const seed of [1, 2, 3]) {
  contract({
    ...fiberMaker(`fibers in a simulation with the seed ${seed}`),
    programs: 50,
    run: (body) => simulate({ seed }, body),
    // Time passes only when nothing else can go on.
    settle: () => sleep(1),
  });
}
