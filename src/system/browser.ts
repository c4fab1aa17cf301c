import open from "open";

/**
 * Opens a page. The caller passes a URL it built from an endpoint the user gave; nothing a server said ever comes
 * here. Resolves to whether a browser could be started; the URL is on the screen either way.
 */
export async function openBrowser(url: URL, preferred: string | undefined): Promise<boolean> {
  if (url.protocol !== "https:" && url.protocol !== "http:") return false;
  try {
    await open(url.href, preferred ? { app: { name: preferred } } : {});
    return true;
  } catch {
    return false;
  }
}
