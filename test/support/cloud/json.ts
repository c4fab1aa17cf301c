import type { ApiToken, Deployment, Dialect, Organization, User } from "./records.ts";

/** The server's records as it writes them, with every field Python's schemas demand. */

export function userJson(user: User, dialect: Dialect): Record<string, unknown> {
  return {
    ...resource("user", user, dialect),
    first_name: "",
    last_name: "",
    email: user.email,
    avatar_url: "",
    is_super_admin: false,
  };
}

export function organizationJson(
  organization: Organization,
  creator: User,
  dialect: Dialect,
): Record<string, unknown> {
  return {
    ...resource("organization", organization, dialect),
    creator: userJson(creator, dialect),
    description: "",
    config: null,
  };
}

export function tokenJson(token: ApiToken, dialect: Dialect): Record<string, unknown> {
  return {
    ...resource("api_token", token, dialect),
    updated_at: time(token.updatedAt, dialect),
    description: token.description,
    scopes: token.scopes,
    user: userJson(token.user, dialect),
    organization:
      token.organization === null ? null : organizationJson(token.organization, token.user, dialect),
    expired_at: token.expiredAt === null ? null : time(token.expiredAt, dialect),
    last_used_at: token.lastUsedAt === null ? null : time(token.lastUsedAt, dialect),
    ...(dialect === "yatai" ? {} : cloudFlags(token)),
  };
}

function cloudFlags(token: ApiToken): Record<string, unknown> {
  return {
    is_expired: isExpired(token),
    is_api_token: true,
    is_organization_token: false,
    is_global_access: false,
  };
}

/** Of BentoCloud's API alone: a self-hosted server's clusters lack the organization's name. */
export function clusterJson(
  organization: Organization,
  creator: User,
  dialect: Dialect,
): Record<string, unknown> {
  return {
    ...resource("cluster", { ...organization, name: "default" }, dialect),
    creator: userJson(creator, dialect),
    description: "",
    ...(dialect === "bentocloud" ? { organization_name: organization.name, is_first: true } : {}),
  };
}

export function deploymentJson(deployment: Deployment, dialect: Dialect): Record<string, unknown> {
  const { creator, organization, status } = deployment;
  return {
    ...resource("deployment", deployment, dialect),
    creator: userJson(creator, dialect),
    cluster: clusterJson(organization, creator, dialect),
    status,
    kube_namespace: "default",
    latest_revision: null,
    manifest: { dev: false },
  };
}

export function bentoJson(
  { repository, version }: { repository: string; version: string },
  dialect: Dialect,
): Record<string, unknown> {
  return {
    ...resource("bento", { uid: "1".repeat(25), createdAt: new Date(), name: version }, dialect),
    description: "",
    version,
    image_build_status: "success",
    upload_status: "success",
    upload_finished_reason: "",
    presigned_upload_url: "",
    presigned_download_url: "",
    manifest: {
      service: "service:svc",
      bentoml_version: "1.4.0",
      size_bytes: 1,
      entry_service: "svc",
      name: repository,
      version,
    },
  };
}

export function instanceTypeJson(dialect: Dialect): Record<string, unknown> {
  const record = { uid: "0".repeat(25), createdAt: new Date(), name: "cpu.1" };
  const config = {
    group: "cpu",
    resources: { requests: { cpu: "500m", memory: "2Gi" }, limits: { cpu: "1", memory: "2Gi" } },
    price: "0.05",
    node_selectors: {},
    gpu_config: null,
  };
  return { ...resource("instance_type", record, dialect), display_name: "cpu.1", description: "", config };
}

export function isExpired(token: ApiToken): boolean {
  return token.expiredAt !== null && token.expiredAt.getTime() <= Date.now();
}

function resource(
  type: string,
  record: { uid: string; createdAt: Date; name: string },
  dialect: Dialect,
): Record<string, unknown> {
  return {
    uid: record.uid,
    created_at: time(record.createdAt, dialect),
    updated_at: time(record.createdAt, dialect),
    deleted_at: null,
    name: record.name,
    resource_type: type,
    labels: [],
  };
}

/** RFC 3339 with microseconds. A self-hosted server writes its own zone, here eight hours east. */
function time(date: Date, dialect: Dialect): string {
  if (dialect === "bentocloud") return date.toISOString().replace("Z", "456Z");
  return new Date(date.getTime() + 8 * 3_600_000).toISOString().replace("Z", "456+08:00");
}
