import { describe, expect, test } from "bun:test";
import { findOthers } from "../../src/system/windows-access.ts";

const OWN = "S-1-5-21-1-2-3-1001";

describe("the accounts in a security descriptor, without this user and the administrators", () => {
  test.each([
    ["a list for this user alone", `O:${OWN}D:P(A;;FA;;;${OWN})`, []],
    ["a user's profile", `O:${OWN}D:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)(A;ID;FA;;;${OWN})`, []],
    [
      "a folder of the disk",
      `O:BAD:(A;OICI;FA;;;BA)(A;;0x1200a9;;;BU)(A;;0x1301bf;;;AU)`,
      ["Users", "Authenticated Users"],
    ],
    ["everybody", `O:${OWN}D:(A;;FA;;;SY)(A;;0x1200a9;;;WD)`, ["Everyone"]],
    ["one account with several entries", `O:${OWN}D:(A;;FR;;;BU)(A;;FW;;;BU)`, ["Users"]],
    ["an account without a short name", `O:${OWN}D:(A;;FA;;;S-1-5-21-1-2-3-1002)`, ["S-1-5-21-1-2-3-1002"]],
    [
      "another owner, who may change the list",
      `O:S-1-5-21-1-2-3-1002D:P(A;;FA;;;${OWN})`,
      ["S-1-5-21-1-2-3-1002"],
    ],
    ["a group beside the owner", `O:${OWN}G:S-1-5-21-1-2-3-513D:P(A;;FA;;;${OWN})`, []],
    ["an entry that forbids", `O:${OWN}D:(D;;FA;;;WD)(A;;FA;;;${OWN})`, []],
    ["an entry for what is made in a folder", `O:${OWN}D:(A;OICIIO;FA;;;WD)(A;;FA;;;${OWN})`, []],
    ["a condition", `O:${OWN}D:(XA;;FR;;;AU;(Title=="VP"))`, ["Authenticated Users"]],
    ["an empty list, which lets nobody in", `O:${OWN}D:P`, []],
    ["no list, which lets everybody in", `O:${OWN}D:NO_ACCESS_CONTROL`, ["Everyone"]],
    ["a descriptor without a list", `O:${OWN}`, ["Everyone"]],
  ])("%s", (_what, descriptor, others) => {
    expect(findOthers(descriptor, OWN)).toEqual(others);
  });
});
