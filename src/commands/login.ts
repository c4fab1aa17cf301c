import { requireCommand } from "../auth/parse-place.ts";
import { command, flag, option } from "../cli/command.ts";
import { login as signIn } from "../auth/login.ts";
import { reportLogin } from "../auth/report-login.ts";
import { usageError } from "../errors.ts";
import { ENDPOINT, REQUEST_ARGS, YES } from "./_args.ts";

export const login = command({
  name: "login",
  description: "Sign in with a browser or an API token, and save it as a context",
  section: "Sign in",
  args: {
    endpoint: ENDPOINT,
    "with-token": flag("Read the API token from standard input"),
    "api-token": option("token", "The API token; other users can see it, so prefer --with-token"),
    "token-command": flag("Read the API token from the program after --, now and each time; store nothing"),
    store: option("store", "Keep the API token in: file, keyring or helper:NAME (default: file)"),
    web: flag("Sign in with a browser, without asking"),
    "no-browser": flag("Print the sign-in address instead of opening a browser"),
    "no-use": flag("Keep the current context"),
    force: flag("Replace a context of another endpoint, user or organization"),
    yes: YES,
    ...REQUEST_ARGS,
  },
  rest: "command",
  isRestOptional: true,
  examples: [
    ["bentocloud login", "asks: browser or token"],
    ["bentocloud login --context staging --endpoint https://bento.example.com", "a second context"],
    ['printf %s "$TOKEN" | bentocloud login --with-token', "from a script"],
  ],
  async run(args, cli, given) {
    const result = await signIn(cli, {
      endpoint: args.endpoint,
      withToken: args["with-token"],
      apiToken: args["api-token"],
      command: commandOf(args["token-command"], given.rest),
      store: args.store,
      web: args.web,
      browser: !args["no-browser"],
      use: !args["no-use"],
      force: args.force,
    });
    await reportLogin(cli, result);
  },
});

function commandOf(isCommand: boolean, words: readonly string[]): readonly string[] | undefined {
  if (isCommand) return requireCommand(words);
  if (words.length > 0)
    throw usageError(
      "words after `--` are for --token-command",
      "bentocloud login --token-command -- COMMAND…",
    );
  return undefined;
}
