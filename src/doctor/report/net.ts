import { isLoopback } from "../../contexts/endpoint.ts";

/** The last net, for what nobody told of. */
export function hideUnknown(text: string): string {
  return text
    .replaceAll(/[^\s<>"'`(),;:]+@[^\s<>"'`(),;]+/g, "<e-mail>")
    .replaceAll(/\b[a-z][a-z0-9+.-]*:\/\/[^\s<>"'`(),;]+/gi, (url) =>
      isPublicPlace(url) ? url : "<address>",
    )
    .replaceAll(/(?<![\w.<-])(?:\d{1,3}\.){3}\d{1,3}(?![\w.]*\w)/g, (address) =>
      address.startsWith("127.") ? address : "<address>",
    )
    .replaceAll(/[0-9a-f]*:[0-9a-f:.]*:[0-9a-f:.]*/gi, (address) =>
      address !== "::1" && URL.canParse(`http://[${address}]`) ? "<address>" : address,
    )
    .replaceAll(/~\/[^\s<>"'`(),;:]+/g, (path) => (EVERYBODYS_HOME.test(path) ? path : "~/<path>"))
    .replaceAll(/(?<![\w~>./:-])(?:[a-z]:)?[/\\](?:[^\s<>"'`(),;:]+)/gi, (path) =>
      EVERYBODYS.test(path) ? path : "<path>",
    )
    .replaceAll(BEHIND_MASK, (whole, mask: string, path: string) => (KEPT_BEHIND.has(path) ? whole : mask))
    .replaceAll(/\*{4}\w{0,4}/g, "<token>")
    .replaceAll(/\b(?=\w*\d)[A-Za-z0-9]{16,}\b/g, "<token>");
}

function isPublicPlace(text: string): boolean {
  const url = URL.parse(text);
  if (!url || !/^(?:\/|\/api_tokens)$/.test(url.pathname)) return false;
  return url.origin === "https://cloud.bentoml.com" || (/^https?:$/.test(url.protocol) && isLoopback(text));
}

const EVERYBODYS =
  /^\/(?:(?:usr\/(?:local\/)?|opt\/homebrew\/)?bin(?:\/bentocloud)?|etc\/(?:ssl|pki)\/[\w./-]*|etc\/bash_completion\.d\/bentocloud|usr\/local\/share\/zsh[\w./-]*|dev\/null)$/;
const EVERYBODYS_HOME =
  /^~\/(?:bentoml(?:\/\.(?:yatai|bentocloud)[\w./-]*)?|(?:\.local\/)?bin\/bentocloud|\.local\/share\/bash-completion[\w./-]*|\.config\/(?:fish|powershell)[\w./-]*|\.(?:bashrc|bash_profile|bash_login|profile|zshrc|zshenv|zprofile|zlogin)|\.bentorc)$/;

/** What follows a place that was taken out belongs to it, but for what follows every one. */
const BEHIND_MASK = /(<(?:endpoint \d+|address|path|project)>)([/\\][^\s<>"'`(),;:]+)/g;
const KEPT_BEHIND = new Set(["/api_tokens", "/.bentorc"]);
