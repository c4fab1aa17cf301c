import { findContext } from "../contexts/context.ts";
import { variable } from "./environment.ts";
import { type ContextsFile, problemError, problemWith } from "../yaml/read.ts";
import type { Environment } from "../system/runtime.ts";
import { ENVIRONMENT_NAME, parseName } from "../contexts/name.ts";
import type { Project } from "./bentorc.ts";

interface NameSources {
  flag: string | undefined;
  env: Environment;
  project: Project | undefined;
  file: ContextsFile;
}

/** The name of the stored context that is active when the environment contains no credential. */
export function storedChoice({ flag, env, project, file }: NameSources): string {
  return flag ?? variable(env, "BENTOML_CLOUD_CONTEXT") ?? project?.context ?? file.current.name;
}

/** The name that `login` saves under. An existing context keeps its name, even one that no new context may have. */
export function chooseLoginName(sources: NameSources): string {
  const chosen = storedChoice(sources);
  // Python writes `__env__` as the current name when it switches while BENTO_CLOUD_API_KEY is set.
  const name = chosen === ENVIRONMENT_NAME && sources.flag === undefined ? "default" : chosen;
  // A login cannot replace an entry that cannot be read.
  const problem = problemWith(sources.file, name);
  if (problem) throw problemError(problem, "the contexts file");
  const exists = name !== ENVIRONMENT_NAME && findContext(sources.file.contexts, name) !== undefined;
  return exists ? name : parseName(name);
}
