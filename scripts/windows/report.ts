export interface Case {
  file: string;
  /** The titles of the groups around it, then its own. */
  title: string;
  isSkipped: boolean;
  /** Undefined when it passed. */
  failure: string | undefined;
}

/** The cases of a junit report, as Bun writes it on Windows. */
export function readCases(xml: string): Case[] {
  return [...xml.matchAll(/<testcase\b([^>]*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g)].map(
    ([, attributes = "", body = ""]) => {
      const value = (name: string) =>
        unescape(new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1] ?? "");
      return {
        file: value("file").replaceAll("\\", "/"),
        title: `${value("classname")} > ${value("name")}`,
        isSkipped: body.includes("<skipped"),
        failure: /<(?:failure|error)\b/.test(body) ? unescape(body) : undefined,
      };
    },
  );
}

const ENTITIES: Record<string, string> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };

function unescape(text: string): string {
  return text.replace(/&(?:#(\d+)|(\w+));/g, (written, number?: string, name?: string) =>
    number === undefined ? (ENTITIES[name!] ?? written) : String.fromCodePoint(Number(number)),
  );
}
