import type { Peers } from "./peers.ts";
import type { Sandbox } from "./sandbox.ts";

/** The input of every part of the benchmark. */
export interface Bench {
  sandbox: Sandbox;
  peers: Peers;
  rounds: number;
}
