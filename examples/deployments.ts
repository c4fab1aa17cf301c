/** Lists the deployments of the active context: `node examples/deployments.ts`, or with bun or deno. */
import { CliError, createClient, resolveContext } from "bentocloud";

interface Deployment {
  name: string;
  status: string;
}

interface Page {
  total: number;
  items: Deployment[];
}

try {
  const context = await resolveContext();
  const client = createClient(context);
  const deployments: Deployment[] = [];
  let total = 1;
  while (deployments.length < total) {
    const query = { start: deployments.length, count: 100 };
    const page = await client<Page>("/api/v2/deployments", { query });
    deployments.push(...page.items);
    total = page.items.length === 0 ? deployments.length : page.total;
  }
  console.log(`${deployments.length} deployments in ${context.name} (${context.endpoint})`);
  for (const { name, status } of deployments) console.log(`${name}  ${status}`);
} catch (error) {
  if (!(error instanceof CliError)) throw error;
  console.error(`${error.code}: ${error.message}`);
  process.exitCode = error.exitCode;
}
