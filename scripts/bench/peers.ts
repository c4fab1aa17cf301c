import { mkdtempSync } from "node:fs";
import { dirname, join } from "node:path";
import { debianProgram } from "./debian.ts";
import type { Workshop } from "./workshop.ts";

/** Another program that answers the same kind of question from a file. */
interface Peer {
  label: string;
  command: string[];
  env: Record<string, string>;
  /** As it says itself. */
  version: string;
}

export interface Peers {
  gh?: Peer;
  kubectl?: Peer;
  /** Its `command` is the program alone: it is asked for more than one thing. */
  bentoml?: Peer;
  missing: string[];
}

/** All that can be had here; what cannot is named with the reason. */
export async function findPeers(workshop: Workshop): Promise<Peers> {
  const peers: Peers = { missing: [] };
  for (const [name, prepare] of Object.entries({ gh, kubectl, bentoml })) {
    try {
      peers[name as "gh" | "kubectl" | "bentoml"] = await prepare(workshop);
    } catch (error) {
      peers.missing.push(`${name}: ${error instanceof Error ? error.message : error}`);
    }
  }
  return peers;
}

async function gh(workshop: Workshop): Promise<Peer> {
  const program = workshop.adopt(await debianProgram("gh", "usr/bin/gh"), "gh");
  const home = mkdtempSync(join(workshop.folder, "gh-"));
  await Bun.write(
    join(home, "hosts.yml"),
    "github.com:\n    user: me\n    oauth_token: bench\n    git_protocol: https\n",
  );
  return {
    label: "gh auth token",
    command: [program, "auth", "token"],
    env: workshop.environment({ GH_CONFIG_DIR: home, GH_NO_UPDATE_NOTIFIER: "1" }),
    version: firstLine([program, "--version"], workshop),
  };
}

async function kubectl(workshop: Workshop): Promise<Peer> {
  const program = workshop.adopt(await debianProgram("kubernetes-client", "usr/bin/kubectl"), "kubectl");
  const config = join(workshop.folder, "kubeconfig");
  await Bun.write(
    config,
    `apiVersion: v1
kind: Config
clusters: [{ name: one, cluster: { server: "https://bench.test" } }]
users: [{ name: me, user: { token: bench } }]
contexts: [{ name: c0, context: { cluster: one, user: me } }]
current-context: c0
`,
  );
  return {
    label: "kubectl config current-context",
    command: [program, "config", "current-context"],
    env: workshop.environment({ KUBECONFIG: config }),
    version:
      /GitVersion:"([^"]+)"/.exec(firstLine([program, "version", "--client"], workshop))?.[1] ?? "unknown",
  };
}

/** It runs from its own virtual environment, which cannot be copied. */
async function bentoml(workshop: Workshop): Promise<Peer> {
  const python = process.env["BENTOCLOUD_PYTHON"];
  if (!python) throw new Error("Python bentoml could not be installed");
  const program = join(dirname(python), "bentoml");
  return {
    label: "bentoml cloud current-context",
    command: [program],
    env: workshop.environment({ BENTOML_DO_NOT_TRACK: "True" }),
    version: `${firstLine([program, "--version"], workshop)}, ${firstLine([python, "--version"], workshop)}`,
  };
}

function firstLine(command: string[], workshop: Workshop): string {
  const { stdout } = Bun.spawnSync(command, { env: workshop.environment(), cwd: workshop.folder });
  return stdout.toString().split("\n")[0]!.trim();
}
