import { option } from "../../cli/command.ts";
import { login as signIn } from "../../auth/login.ts";
import { reportLogin } from "../../auth/report-login.ts";
import { ENDPOINT, REQUEST_ARGS, YES } from "../_args.ts";
import { bentomlCommand } from "./_bentoml-command.ts";

export const login = bentomlCommand({
  name: "login",
  description: "Sign in as `bentoml cloud login` does",
  args: {
    endpoint: ENDPOINT,
    "api-token": option("token", "The API token (default: BENTO_CLOUD_API_KEY)"),
    yes: YES,
    ...REQUEST_ARGS,
  },
  examples: [["bentocloud cloud login --endpoint https://bento.example.com", "a server of your own"]],
  async run(args, cli) {
    const result = await signIn(cli, {
      endpoint: args.endpoint,
      apiToken: args["api-token"],
      browser: true,
      use: true,
      force: "warn",
    });
    await reportLogin(cli, result);
  },
});
