import { dirname } from "node:path";
import { tokenOf } from "../../contexts/context.ts";
import { isLoopback } from "../../contexts/endpoint.ts";
import { findProject, type Project } from "../../resolve/bentorc.ts";
import { readRotations } from "../../tokens/journal.ts";
import { CliError } from "../../errors.ts";
import type { Cli } from "../../app.ts";
import { realTarget } from "../../system/files.ts";
import { ownNames } from "../../system/machine.ts";
import type { Hidden } from "../check.ts";
import type { Placed } from "./hide.ts";

/** What is stored or set here and names somebody or something; a part that cannot be read is in no message either. */
export async function collectPrivate(cli: Cli): Promise<(Hidden | Placed)[]> {
  const project = attempt(() => findProject(cli.cwd(), () => {}));
  return [
    ...placesOf(cli, project),
    { ...(await storedIn(cli)) },
    ...identitiesIn(await cli.store.state()),
    ...rotationsIn(cli),
    inEnvironment(cli),
    {
      context: present(cli.flags.context, project?.context),
      organization: present(project?.organization),
      endpoint: present(project?.endpoint),
    },
  ];
}

function placesOf({ env, store, cwd }: Cli, project: Project | undefined): Placed[] {
  const { homes } = ownNames();
  const userHomes = present(env["HOME"], ...homes).flatMap((home) => [home, ...real(home)]);
  const stored = dirname(store.paths.file);
  const isUsual = userHomes.some((home) => stored === `${home}/bentoml`);
  const target = attempt(() => realTarget(store.paths.file)) ?? store.paths.file;
  const here = present(attempt(cwd), project && dirname(project.path));
  const shown = isUsual ? "~/bentoml" : "<BENTOML_HOME>";
  return [
    // Whole, so that no context's name takes a word out of it.
    { text: store.paths.file, as: `${shown}/.yatai.yaml` },
    { text: store.paths.own, as: `${shown}/.bentocloud` },
    ...userHomes.map((text) => ({ text, as: "~" })),
    ...(isUsual ? [] : [stored, ...real(stored)].map((text) => ({ text, as: "<BENTOML_HOME>" }))),
    ...(dirname(target) === stored ? [] : [target, dirname(target)].map((text) => ({ text, as: "<path>" }))),
    ...here.map((text) => ({ text, as: "<project>" })),
  ].filter(({ text }) => text.length > 1);
}

async function storedIn({ store }: Cli): Promise<Hidden> {
  const file = await store.read().catch(orNothing);
  const contexts = file?.contexts ?? [];
  return {
    context: [...contexts.map(({ name }) => name), ...present(file?.current.name)],
    endpoint: contexts.map(({ endpoint }) => endpoint),
    "e-mail": present(...contexts.map(({ email }) => email)),
    token: present(...contexts.map((context) => tokenOf(context)?.reveal())),
  };
}

function identitiesIn({ previous, identities }: Awaited<ReturnType<Cli["store"]["state"]>>): Hidden[] {
  return [
    {
      context: present(previous, ...identities.map(({ name }) => name)),
      organization: present(...identities.map(({ organization }) => organization)),
      "e-mail": present(...identities.map(({ email }) => email)),
    },
  ];
}

function rotationsIn({ store }: Cli): Hidden[] {
  const rotations = attempt(() => readRotations(store.paths.own)) ?? [];
  return rotations.map(({ endpoint, old, successor, identity }) => ({
    endpoint: [endpoint],
    token: present(old.token, successor?.token),
    "e-mail": present(identity.email),
    organization: present(identity.organization),
  }));
}

function inEnvironment({ env }: Cli): Hidden {
  const { users, machines } = ownNames();
  const proxies = ["HTTP", "HTTPS", "ALL", "NO"].flatMap((what) => {
    const name = `${what}_PROXY`;
    return present(env[name], env[name.toLowerCase()]).flatMap(hostsIn);
  });
  return {
    token: present(env["BENTO_CLOUD_API_KEY"]),
    endpoint: present(env["BENTO_CLOUD_API_ENDPOINT"]),
    context: present(env["BENTOML_CLOUD_CONTEXT"]),
    // Everybody's machine has a root.
    user: present(env["USER"], env["LOGNAME"], env["USERNAME"], env["SUDO_USER"], ...users).filter(
      (name) => name !== "root",
    ),
    machine: present(env["HOSTNAME"], env["COMPUTERNAME"], ...machines).filter(
      (name) => name !== "localhost",
    ),
    proxy: proxies,
  };
}

/** Of one proxy, or of a list of hosts that take none. */
function hostsIn(value: string): string[] {
  return value.split(/[\s,]+/).flatMap((word) => {
    const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(word) ? word : `http://${word}`);
    // An address of this machine is everybody's.
    const hosts = url && !isLoopback(url.href) ? [url.host, url.hostname] : [];
    return url ? present(...hosts, url.username, url.password) : [];
  });
}

function present(...texts: (string | null | undefined)[]): string[] {
  return texts.filter((text): text is string => text != null && text.trim() !== "");
}

function real(path: string): string[] {
  return present(attempt(() => realTarget(path)));
}

function attempt<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    return orNothing(error);
  }
}

function orNothing(error: unknown): undefined {
  if (!(error instanceof CliError) || error.code === "CANCELLED") throw error;
}
