import { mkdtempSync } from "node:fs";
import { dirname, join } from "node:path";
import { buildGoProgram, type GoProgram } from "./go.ts";
import type { Sandbox } from "./sandbox.ts";

/** Another program that reads an answer of the same kind from a file. */
interface Peer {
  label: string;
  command: string[];
  env: Record<string, string>;
  version: string;
}

export interface Peers {
  gh?: Peer;
  kubectl?: Peer;
  /** Its `command` is the program without arguments, because several of its commands are measured. */
  bentoml?: Peer;
  gitleaks?: Peer;
  missing: string[];
}

/** Finds the peers that this machine can run; `missing` says why the others cannot. */
export async function findPeers(sandbox: Sandbox): Promise<Peers> {
  const peers: Peers = { missing: [] };
  for (const [name, prepare] of Object.entries({ gh, kubectl, bentoml, gitleaks })) {
    try {
      peers[name as "gh" | "kubectl" | "bentoml" | "gitleaks"] = await prepare(sandbox);
    } catch (error) {
      peers.missing.push(`${name}: ${error instanceof Error ? error.message : error}`);
    }
  }
  return peers;
}

const GH: GoProgram = {
  name: "gh",
  module: "github.com/cli/cli/v2",
  version: "v2.90.0",
  main: { package: "github.com/cli/cli/v2/cmd/gh" },
};

async function gh(sandbox: Sandbox): Promise<Peer> {
  const program = sandbox.copyProgram(buildGoProgram(GH), "gh");
  const home = mkdtempSync(join(sandbox.folder, "gh-"));
  await Bun.write(
    join(home, "hosts.yml"),
    "github.com:\n    user: me\n    oauth_token: bench\n    git_protocol: https\n",
  );
  return {
    label: "gh auth token",
    command: [program, "auth", "token"],
    env: sandbox.environment({ GH_CONFIG_DIR: home, GH_NO_UPDATE_NOTIFIER: "1" }),
    version: GH.version,
  };
}

/** The program of k8s.io/kubernetes itself has modules that only its own repository can build. */
const KUBECTL: GoProgram = {
  name: "kubectl",
  module: "k8s.io/kubectl",
  version: "v0.37.1",
  main: {
    source: `package main

import (
	"os"

	"k8s.io/component-base/cli"
	"k8s.io/kubectl/pkg/cmd"
)

func main() { os.Exit(cli.Run(cmd.NewDefaultKubectlCommand())) }
`,
  },
};

async function kubectl(sandbox: Sandbox): Promise<Peer> {
  const program = sandbox.copyProgram(buildGoProgram(KUBECTL), "kubectl");
  const config = join(sandbox.folder, "kubeconfig");
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
    env: sandbox.environment({ KUBECONFIG: config }),
    version: KUBECTL.version,
  };
}

/** Runs from its virtual environment, which cannot be copied. */
async function bentoml(sandbox: Sandbox): Promise<Peer> {
  const python = process.env["BENTOCLOUD_PYTHON"];
  if (!python) throw new Error("Python bentoml could not be installed");
  const program = join(dirname(python), "bentoml");
  return {
    label: "bentoml cloud current-context",
    command: [program],
    env: sandbox.environment({ BENTOML_DO_NOT_TRACK: "True" }),
    version: `${firstLine([program, "--version"], sandbox)}, ${firstLine([python, "--version"], sandbox)}`,
  };
}

const GITLEAKS: GoProgram = {
  name: "gitleaks",
  module: "github.com/zricethezav/gitleaks/v8",
  version: "v8.30.1",
  main: { package: "github.com/zricethezav/gitleaks/v8" },
};

async function gitleaks(sandbox: Sandbox): Promise<Peer> {
  const program = sandbox.copyProgram(buildGoProgram(GITLEAKS), "gitleaks");
  return {
    label: "gitleaks git",
    // It may take something else in the sources for a secret, which is no failure here.
    command: [program, "git", "--no-banner", "--log-level=error", "--exit-code=0"],
    env: sandbox.environment(),
    version: GITLEAKS.version,
  };
}

function firstLine(command: string[], sandbox: Sandbox): string {
  const { stdout } = Bun.spawnSync(command, { env: sandbox.environment(), cwd: sandbox.folder });
  return stdout.toString().split("\n")[0]!.trim();
}
