import { command } from "../../cli/command.ts";
import { protectContext } from "../../store/manage-contexts.ts";
import { CONTEXT } from "../_args.ts";

export const protect = command({
  name: "protect",
  description: "Make every command that changes something with it ask for its name first",
  args: { name: { ...CONTEXT, required: true, description: "Context to protect" } },
  examples: [
    ["bentocloud context protect prod", "protect it"],
    ["bentocloud exec --yes=prod -- ./deploy.sh", "use it in a script"],
  ],
  async run({ name }, { store, output }) {
    const isNew = await protectContext(store, name);
    if (output.json) output.data({ name, protected: true });
    output.success(isNew ? `Protected context "${name}"` : `Context "${name}" is protected already`);
  },
});
