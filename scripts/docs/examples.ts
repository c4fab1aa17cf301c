/** Examples for the commands whose help has none: the command line, and what it does. `test/docs/examples.test.ts` runs all. */
export const EXAMPLES: Record<string, readonly (readonly [commandLine: string, effect: string])[]> = {
  status: [
    ["bentocloud status", "the active context"],
    ["bentocloud status --all", "every context, all servers at once"],
  ],
  whoami: [["bentocloud whoami", "one line: e-mail, organization, context"]],
  "context list": [["bentocloud context list", "`*` marks the active one"]],
  "context show": [["bentocloud context show staging --json", "without its token"]],
  "context current": [["bentocloud context current", "for a prompt"]],
  "context rename": [["bentocloud context rename staging testing", "the protection moves with the name"]],
  "context remove": [["bentocloud context remove staging", "the same as `bentocloud logout staging`"]],
  "context unprotect": [["bentocloud context unprotect prod", "commands no longer ask"]],
  unlink: [["bentocloud unlink", "in the directory of the .bentorc"]],
  "api-token list": [
    ["bentocloud api-token list --search ci", "those with `ci` in name, description or UID"],
  ],
  "api-token get": [["bentocloud api-token get ci", "by name or UID"]],
  doctor: [
    ["bentocloud doctor", "look at everything"],
    ["bentocloud doctor --offline --fix", "repair the stored files; send no request"],
    ["bentocloud doctor --report", "the checks for a public issue, without names"],
  ],
  "cloud login": [['bentocloud cloud login --api-token "$TOKEN"', "as `bentoml cloud login`"]],
  "cloud current-context": [["bentocloud cloud current-context | jq -r .name", "as bentoml prints it"]],
  "cloud list-context": [["bentocloud cloud list-context", "the names, as JSON"]],
  "cloud update-current-context": [["bentocloud cloud update-current-context staging", "the same as `use`"]],
  "current-context": [["bentocloud current-context | jq -r .endpoint", "as bentoml prints it"]],
  "list-context": [["bentocloud list-context", "the names, as JSON"]],
  "update-current-context": [["bentocloud update-current-context staging", "the same as `use`"]],
};
