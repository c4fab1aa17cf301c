import { bentomlCommand } from "./_bentoml-command.ts";

export const listContext = bentomlCommand({
  name: "list-context",
  description: "Print the names of the contexts as JSON",
  section: "As in bentoml",
  examples: [["bentocloud list-context", "the names"]],
  async run(_args, cli) {
    const { contexts } = await cli.store.read();
    cli.output.data(contexts.map(({ name }) => name));
  },
});
