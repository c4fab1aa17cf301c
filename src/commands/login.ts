import { command } from "../cli/command.ts";
import { login as signIn } from "../auth/login.ts";
import { reportLogin } from "../auth/report-login.ts";
import { ENDPOINT_ARG, REQUEST_ARGS } from "./_args.ts";

export const login = command({
  name: "login",
  description: "Validate an API token and save it as a context",
  args: {
    ...ENDPOINT_ARG,
    "with-token": { type: "boolean", description: "Read the API token from standard input" },
    "api-token": {
      type: "string",
      valueHint: "token",
      description: "The API token; other users of this machine can see it, so prefer --with-token",
    },
    web: { type: "boolean", description: "Sign in with a browser, without asking" },
    "no-browser": { type: "boolean", description: "Print the sign-in address instead of opening a browser" },
    "no-use": { type: "boolean", description: "Keep the current context" },
    force: { type: "boolean", description: "Replace a context of another endpoint, user or organization" },
    ...REQUEST_ARGS,
  },
  examples: [
    ["bentocloud login", "asks: browser or token"],
    ["bentocloud login --context staging --endpoint https://bento.example.com", "a second context"],
    ['printf %s "$TOKEN" | bentocloud login --with-token', "from a script"],
  ],
  async run(args, cli) {
    const result = await signIn(cli, {
      endpoint: args.endpoint,
      withToken: args["with-token"],
      apiToken: args["api-token"],
      web: args.web,
      browser: !args["no-browser"],
      use: !args["no-use"],
      force: args.force,
      insecureHttp: args["insecure-http"],
    });
    await reportLogin(cli, result);
  },
});
