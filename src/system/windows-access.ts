import { loadFfi } from "./ffi.ts";
import { isBun } from "./machine.ts";

/**
 * The access lists of files on Windows, through its own API, which only Bun can call. The program `icacls` prints names
 * in the language of the system; security descriptors as text do not depend on it.
 */

/** Another account that a file's access list names: its name, or its number where Windows has no short form for it. */
export type Account = string;

const OWNER_AND_LIST = 0x1 | 0x4;
/** Replaces the access list, and inherits nothing from the directory above. */
const PROTECTED_LIST = 0x8000_0004;
const LARGEST = 64 * 1024;
const TOKEN_QUERY = 8;
const TOKEN_USER = 1;
const OWN_PROCESS = 0xffff_ffff_ffff_ffffn;

/** The system and its administrators can read everything, like root. `OW` and `CO` stand for the owner. */
const PRIVILEGED = new Set(["SY", "BA", "LA", "OW", "CO"]);

const NAMES: Record<string, string> = {
  WD: "Everyone",
  BU: "Users",
  AU: "Authenticated Users",
  IU: "interactive users",
  NU: "network users",
  BG: "Guests",
  AN: "anonymous users",
};

/**
 * The accounts besides this user and the administrators that may do something with a file or a directory. Undefined where
 * that cannot be told.
 */
export function othersWithAccess(path: string): Account[] | undefined {
  try {
    const windows = load();
    return windows && findOthers(windows.describe(path), windows.ownAccount());
  } catch {
    return undefined;
  }
}

/** Gives a file, or a directory with what will be made in it, to this user alone. False where that cannot be done. */
export function takeForOwner(path: string, { isDirectory = false } = {}): boolean {
  try {
    const windows = load();
    if (!windows) return false;
    const inherited = isDirectory ? "OICI" : "";
    const trusted = [windows.ownAccount(), "SY", "BA"];
    return windows.replace(
      path,
      `D:P${trusted.map((account) => `(A;${inherited};FA;;;${account})`).join("")}`,
    );
  } catch {
    return false;
  }
}

/** From a descriptor such as `O:BAD:P(A;;FA;;;SY)(A;OICI;0x1200a9;;;WD)`: an owner and a list of grants. */
export function findOthers(descriptor: string, own: Account): Account[] {
  const [, owner = ""] = /^O:(.*?)(?=[GDS]:|$)/.exec(descriptor) ?? [];
  const grants = [...descriptor.matchAll(/\((?:A|XA|OA|ZA);([A-Z]*);[^;]*;[^;]*;[^;]*;([^;)]*)/g)];
  const granted = grants
    .filter(([, flags = ""]) => !flags.includes("IO"))
    .map(([, , account = ""]) => account);
  // Without a list everybody may do everything.
  if (!/D:[A-Z]*(?:\(|$)/.test(descriptor)) granted.push("WD");
  const others = [owner, ...granted].filter((one) => one !== "" && one !== own && !PRIVILEGED.has(one));
  return [...new Set(others)].map((account) => NAMES[account] ?? account);
}

let loaded: ReturnType<typeof open> | undefined;

function load() {
  return isBun() ? (loaded ??= open()) : undefined;
}

function open() {
  const { dlopen, ptr, read } = loadFfi();
  const { symbols: advapi } = dlopen("advapi32.dll", {
    GetFileSecurityW: { args: ["ptr", "u32", "ptr", "u32", "ptr"], returns: "i32" },
    SetFileSecurityW: { args: ["ptr", "u32", "u64"], returns: "i32" },
    ConvertSecurityDescriptorToStringSecurityDescriptorW: {
      args: ["ptr", "u32", "u32", "ptr", "u64"],
      returns: "i32",
    },
    ConvertStringSecurityDescriptorToSecurityDescriptorW: {
      args: ["ptr", "u32", "ptr", "u64"],
      returns: "i32",
    },
    OpenProcessToken: { args: ["u64", "u32", "ptr"], returns: "i32" },
    GetTokenInformation: { args: ["u64", "i32", "ptr", "u32", "ptr"], returns: "i32" },
    ConvertSidToStringSidW: { args: ["u64", "ptr"], returns: "i32" },
  });
  const { symbols: kernel } = dlopen("kernel32.dll", {
    LocalFree: { args: ["u64"], returns: "u64" },
    CloseHandle: { args: ["u64"], returns: "i32" },
  });

  /** @throws Error, for a call that failed. */
  const must = (result: number) => {
    if (result === 0) throw new Error("a call of Windows failed");
  };
  const wide = (text: string) => Buffer.from(`${text}\0`, "utf16le");
  /** Calls with the address of an address, and returns the text that Windows put there. */
  const takeText = (call: (place: BigUint64Array) => number): string => {
    const place = new BigUint64Array(1);
    must(call(place));
    const address = Number(place[0]);
    const units: number[] = [];
    for (
      let unit = read.u16(address as never, 0);
      unit !== 0;
      unit = read.u16(address as never, 2 * units.length)
    )
      units.push(unit);
    kernel.LocalFree(place[0]!);
    return String.fromCharCode(...units);
  };
  let account: Account | undefined;

  return {
    describe(path: string): string {
      const descriptor = Buffer.alloc(LARGEST);
      const size = new Uint32Array(1);
      must(advapi.GetFileSecurityW(ptr(wide(path)), OWNER_AND_LIST, ptr(descriptor), LARGEST, ptr(size)));
      return takeText((place) =>
        advapi.ConvertSecurityDescriptorToStringSecurityDescriptorW(
          ptr(descriptor),
          1,
          OWNER_AND_LIST,
          ptr(place),
          0n,
        ),
      );
    },
    replace(path: string, list: string): boolean {
      const place = new BigUint64Array(1);
      must(advapi.ConvertStringSecurityDescriptorToSecurityDescriptorW(ptr(wide(list)), 1, ptr(place), 0n));
      const isDone = advapi.SetFileSecurityW(ptr(wide(path)), PROTECTED_LIST, place[0]!) !== 0;
      kernel.LocalFree(place[0]!);
      return isDone;
    },
    ownAccount: () => (account ??= readOwnAccount()),
  };

  function readOwnAccount(): Account {
    const handle = new BigUint64Array(1);
    must(advapi.OpenProcessToken(OWN_PROCESS, TOKEN_QUERY, ptr(handle)));
    try {
      const user = new BigUint64Array(32);
      must(
        advapi.GetTokenInformation(
          handle[0]!,
          TOKEN_USER,
          ptr(user),
          user.byteLength,
          ptr(new Uint32Array(1)),
        ),
      );
      return takeText((place) => advapi.ConvertSidToStringSidW(user[0]!, ptr(place)));
    } finally {
      kernel.CloseHandle(handle[0]!);
    }
  }
}
