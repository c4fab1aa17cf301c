import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Bench } from "../bench.ts";
import { type Place, requestText, sendRequests, transfer } from "../connection.ts";
import type { Part } from "../result.ts";
import { median } from "../statistics.ts";
import { atMost } from "../target.ts";
import { alternate, type Subject } from "../timing.ts";

const REQUESTS = 8_000;
const DOWNLOAD = 512 * 1024 * 1024;
const UPLOAD = 1_500_000_000;
/** A transfer takes seconds, and one is like the next. */
const MOST_TRANSFERS = 5;

const SINGLE = 500;
const CLOSE = "Connection: close\r\n";

type Proxied = Place & { label: string; pid: number; reference?: Subject["reference"] };

/** What the proxy adds to requests and to large bodies, beside the least that a proxy in Bun does. */
export async function measureProxy({ sandbox, rounds }: Bench): Promise<Part> {
  const servers = join(import.meta.dir, "../servers");
  const children: Bun.Subprocess[] = [];
  const start = async (command: string[], env: Record<string, string>, end: string) => {
    const child = Bun.spawn(command, { env, cwd: sandbox.folder, stdout: "pipe", stderr: "inherit" });
    children.push(child);
    let printed = "";
    for await (const chunk of child.stdout)
      if ((printed += Buffer.from(chunk).toString()).endsWith(end)) break;
    return { pid: child.pid, printed };
  };
  const server = async (name: string, ...args: string[]) => {
    const { pid, printed } = await start([process.execPath, join(servers, name), ...args], {}, "\n");
    return { pid, port: Number(printed), key: "any" };
  };
  try {
    const upstream = await server("swallow.ts");
    const endpoint = `http://127.0.0.1:${upstream.port}`;
    const login = { BENTO_CLOUD_API_KEY: crypto.randomUUID(), BENTO_CLOUD_API_ENDPOINT: endpoint };
    const ours = await start(
      [sandbox.binary, "proxy", "--json", "--quiet"],
      sandbox.environment(login),
      "}\n",
    );
    const { endpoint: own, api_key: key } = JSON.parse(ours.printed) as { endpoint: string; api_key: string };
    const plain = await server("plain-proxy.ts", endpoint);
    const places: Proxied[] = [
      { label: "no proxy", ...upstream },
      { label: "Bun.serve and fetch", ...plain, reference: "floor" },
      { label: "proxy", pid: ours.pid, port: Number(new URL(own).port), key },
    ];
    const many = await alternate(
      rounds,
      timed(places, (place) => sendRequests(place, REQUESTS, 32)),
    );
    const single = await alternate(
      rounds,
      places.map((place) => ({
        ...named(place),
        measure: async () => median(await sendRequests(place, SINGLE, 1)),
      })),
    );
    const transfers = Math.min(rounds, MOST_TRANSFERS);
    const down = await alternate(
      transfers,
      timed(places, (place) => transfer(place, requestText(place, `GET /zeros/${DOWNLOAD}`, CLOSE))),
    );
    const up = await alternate(
      transfers,
      timed(places, (place) =>
        transfer(place, requestText(place, "PUT /x", `${CLOSE}Content-Length: ${UPLOAD}\r\n`), UPLOAD),
      ),
    );
    const [direct = 0, , added = 0] = single.map(({ values }) => median(values));
    const perSecond = (REQUESTS / median(many[2]!.values)) * 1000;
    const megabytes = DOWNLOAD / 1000 / median(down[2]!.values);
    const peak = peakMiB(ours.pid);
    return {
      results: [
        {
          title: `${REQUESTS.toLocaleString("en")} requests through \`proxy\``,
          text: "Over 32 connections, to a server that answers at once.",
          unit: "ms",
          rows: many,
        },
        {
          title: `${SINGLE} requests through \`proxy\``,
          text: "The median of one after the other, over one connection.",
          unit: "µs",
          rows: single,
        },
        {
          title: "512 MiB down through `proxy`",
          text: "From a server that sends zeros.",
          unit: "ms",
          rows: down,
        },
        { title: "1.5 GB up through `proxy`", text: "To a server that counts them.", unit: "ms", rows: up },
      ],
      targets: [
        {
          what: "`proxy`",
          target: "≥ 8,000 requests/s",
          measured: `${perSecond.toFixed(0)}/s`,
          isMet: perSecond >= 8_000,
        },
        atMost({
          what: "`proxy`, added to a request",
          limit: 0.3,
          measured: (added - direct) / 1000,
          show: (ms) => `${ms.toFixed(2)} ms`,
        }),
        {
          what: "`proxy`, a download",
          target: "≥ 400 MB/s",
          measured: `${megabytes.toFixed(0)} MB/s`,
          isMet: megabytes >= 400,
        },
        {
          what: "`proxy`, peak memory after all of these",
          target: "≤ 96 MiB",
          measured: `${peak.toFixed(0)} MiB`,
          isMet: peak <= 96,
        },
      ],
    };
  } finally {
    for (const child of children) child.kill();
  }
}

function named({ label, reference }: Proxied) {
  return { label, ...(reference && { reference }) };
}

function timed(places: readonly Proxied[], act: (place: Place) => Promise<unknown>): Subject[] {
  return places.map((place) => ({
    ...named(place),
    async measure() {
      const start = Bun.nanoseconds();
      await act(place);
      return (Bun.nanoseconds() - start) / 1e6;
    },
  }));
}

function peakMiB(pid: number): number {
  const [, kib] = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kib) / 1024;
}
