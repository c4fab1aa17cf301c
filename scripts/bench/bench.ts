import type { Peers } from "./peers.ts";
import type { Sandbox } from "./sandbox.ts";

/** What every part of the benchmark works with. */
export interface Bench {
  sandbox: Sandbox;
  peers: Peers;
  rounds: number;
}
