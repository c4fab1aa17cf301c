import { failure, ok, type Answer, type Call } from "./answer.ts";
import { signedIn, type Caller } from "./authenticate.ts";
import { bentoJson, clusterJson, deploymentJson, instanceTypeJson } from "./json.ts";
import { pageOf } from "./pages.ts";
import { addDeployment, type Deployment } from "./records.ts";

/** `/api/v2/deployments`: a caller sees those of the organization, newest first. Yatai has no such routes. */

export const listDeployments = signedIn(({ request, records }, caller) =>
  pageOf(request, {
    own: ownDeployments(records.deployments, caller),
    search: request.query["search"] ?? "",
    toJson: (deployment) => deploymentJson(deployment, records.dialect),
  }),
);

export const createDeployment = signedIn((call, caller) => {
  const body = readBody(call);
  if ("answer" in body) return body.answer;
  const { name, bento } = body.json;
  if (typeof bento !== "string") return failure(400, "binding error: bento is required");
  const taken = ownDeployments(call.records.deployments, caller).some((known) => known.name === name);
  if (taken) return failure(400, `create deployment: ${String(name)} already exists`);
  const made = addDeployment(call.records, {
    creator: caller.token.user,
    organization: caller.organization,
    ...(typeof name === "string" ? { name } : {}),
  });
  return ok({ ...deploymentJson(made, call.records.dialect), urls: [] });
});

export const getDeployment = forOne((call, deployment) =>
  ok({ ...deploymentJson(deployment, call.records.dialect), urls: [`https://${deployment.name}.test`] }),
);

export const updateDeployment = forOne((call, deployment) => {
  const body = readBody(call);
  if ("answer" in body) return body.answer;
  return ok({ ...deploymentJson(deployment, call.records.dialect), urls: [] });
});

export const terminateDeployment = forOne((call, deployment) => {
  deployment.status = "terminated";
  return ok({ ...deploymentJson(deployment, call.records.dialect), urls: [] });
});

export const deleteDeployment = forOne(({ records }, deployment) => {
  records.deployments.splice(records.deployments.indexOf(deployment), 1);
  return ok({ ...deploymentJson(deployment, records.dialect), urls: [] });
});

/** Every Bento that is asked for has been uploaded. */
export const getBento = signedIn(({ request, records }) => {
  const [, repository = "", version = ""] = /([^/]+)\/bentos\/([^/]+)$/.exec(request.path) ?? [];
  return ok(bentoJson({ repository, version }, records.dialect));
});

export const listClusters = signedIn(({ records }, { organization, token }) =>
  ok({ start: 0, count: 1, total: 1, items: [clusterJson(organization, token.user, records.dialect)] }),
);

/** A bare list, unlike every other one. */
export const listInstanceTypes = signedIn(({ records }) => ok([instanceTypeJson(records.dialect)]));

function forOne(handle: (call: Call, deployment: Deployment) => Answer) {
  return signedIn((call, caller) => {
    const found = ownDeployments(call.records.deployments, caller).find(({ name }) => name === call.uid);
    return found === undefined ? failure(404, "get deployment: record not found") : handle(call, found);
  });
}

function ownDeployments(deployments: readonly Deployment[], { organization }: Caller): Deployment[] {
  return deployments.filter((deployment) => deployment.organization === organization);
}

function readBody({ request }: Call): { json: Record<string, unknown> } | { answer: Answer } {
  try {
    return { json: JSON.parse(request.body) as Record<string, unknown> };
  } catch {
    return { answer: failure(400, "binding error: error parsing request body: invalid character") };
  }
}
