import { ok, unknownRoute, type Call, type Handler } from "./answer.ts";
import { organizationRefused, signedIn } from "./authenticate.ts";
import {
  createDeployment,
  deleteDeployment,
  getBento,
  getDeployment,
  listClusters,
  listDeployments,
  listInstanceTypes,
  terminateDeployment,
  updateDeployment,
} from "./deployments.ts";
import { organizationJson, userJson } from "./json.ts";
import { approveForm, approvePage, authCode, authToken } from "./login.ts";
import type { Dialect } from "./records.ts";
import { createToken, deleteToken, getToken, listTokens, updateToken } from "./tokens.ts";

const currentUser = signedIn(({ records }, { token }) => ok(userJson(token.user, records.dialect)));

const currentOrganization = signedIn(
  (call, caller) =>
    organizationRefused(call, caller) ??
    ok(organizationJson(caller.organization, caller.token.user, call.records.dialect)),
);

const version: Handler = () =>
  ok({ version: "1.2.3", git_commit: "0000000", build_date: "2026-01-01T00:00:00Z" });

const info: Handler = ({ records }) =>
  ok({ is_saas: records.dialect === "bentocloud", saas_domain_suffix: "" });

/** gin leads from a trailing slash to the route without it. */
const withoutSlash: Handler = ({ prefix }) => ({
  status: 301,
  headers: { location: `${prefix}/api/v1/api_tokens` },
});

const ROUTES: Record<string, Handler> = {
  "GET /api/v1/auth/current": currentUser,
  "GET /api/v1/current_org": currentOrganization,
  "GET /api/v1/api_tokens": listTokens,
  "POST /api/v1/api_tokens": createToken,
  "GET /api/v1/api_tokens/": withoutSlash,
  "GET /api/v1/api_tokens/{uid}": getToken,
  "PATCH /api/v1/api_tokens/{uid}": updateToken,
  "DELETE /api/v1/api_tokens/{uid}": deleteToken,
  "GET /api/v1/clusters": listClusters,
  "GET /api/v1/version": version,
  "GET /api/v1/info": info,
};

/** Routes that a self-hosted server does not have. */
const CLOUD_ROUTES: Record<string, Handler> = {
  "GET /api/v1/auth/code": authCode,
  "GET /api/v1/auth/token": authToken,
  "GET /api_tokens": approvePage,
  "POST /api_tokens/approve": approveForm,
  "GET /api/v1/bento_repositories/{repository}/bentos/{version}": getBento,
  "GET /api/v1/instance_types": listInstanceTypes,
  "GET /api/v2/deployments": listDeployments,
  "POST /api/v2/deployments": createDeployment,
  "GET /api/v2/deployments/{name}": getDeployment,
  "PUT /api/v2/deployments/{name}": updateDeployment,
  "DELETE /api/v2/deployments/{name}": deleteDeployment,
  "POST /api/v2/deployments/{name}/terminate": terminateDeployment,
};

export interface Match {
  route: string;
  uid: string;
  handle: Handler;
}

/** The route that knows this method and path; undefined for an unknown one. */
export function matchRoute(dialect: Dialect, method: string, path: string): Match | undefined {
  const asked = `${method} ${path}`;
  const routes = { ...ROUTES, ...CLOUD_ROUTES };
  for (const route of Object.keys(routes).toSorted(exactFirst)) {
    const pattern = new RegExp(`^${route.replaceAll(/\{\w+\}/g, "([^/]+)")}$`);
    const found = pattern.exec(asked);
    if (found === null) continue;
    const isMissing = dialect === "yatai" && Object.hasOwn(CLOUD_ROUTES, route);
    return { route, uid: decode(found[1] ?? ""), handle: isMissing ? notInYatai : routes[route]! };
  }
  return undefined;
}

function exactFirst(one: string, other: string): number {
  return Number(one.includes("{")) - Number(other.includes("{"));
}

/** A known route, so that a request for it does not fail the test, which answers as if it did not exist. */
function notInYatai({ request }: Call) {
  return unknownRoute(request.method);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
