import { command, flag } from "../cli/command.ts";
import { openOffline } from "../auth/session.ts";
import { parseEndpoint } from "../contexts/endpoint.ts";

const PAGES = ["api_tokens", "deployments"];

export const open = command({
  name: "open",
  description: "Open the console of the active context in the browser",
  section: "Use",
  args: {
    page: {
      type: "positional",
      required: false,
      options: PAGES,
      description: `One of its pages: ${PAGES.join(" or ")} (default: its first page)`,
    },
    "no-browser": flag("Print the address instead"),
  },
  examples: [
    ["bentocloud open api_tokens", "where API tokens are made and deleted"],
    ["bentocloud open --context staging", "another context's console"],
  ],
  async run(args, cli) {
    const { page } = args;
    const { context } = await openOffline(cli);
    const url = new URL(`${parseEndpoint(context.endpoint.withoutUserinfo())}/${page ?? ""}`);
    const opened = !args["no-browser"] && (await cli.openBrowser(url));
    if (cli.output.json) return cli.output.data({ url: url.href, opened });
    if (opened) return cli.output.success(`Opened ${url.href}`);
    if (!args["no-browser"]) cli.output.info("No browser could be opened; visit this address:");
    cli.output.line(url.href);
  },
});
