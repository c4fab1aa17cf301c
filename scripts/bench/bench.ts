import type { Peers } from "./peers.ts";
import type { Workshop } from "./workshop.ts";

/** What every part of the benchmark works with. */
export interface Bench {
  workshop: Workshop;
  peers: Peers;
  rounds: number;
}
