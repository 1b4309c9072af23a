import { render, screen } from "@testing-library/react";
import type { ReactElement } from "react";
import { afterEach, describe, expect, it, vi } from "vitest";

import { Check } from "@/components/Check";
import { Missing } from "@/components/Missing";
import { Notice } from "@/components/Notice";
import { showKey } from "@/lib/access";
import { invitationIn } from "@/lib/invitation";
import { askForLine } from "@/lib/lineAccess";

import { promise } from "../promise";

const address = (hash: string) => window.history.replaceState(null, "", `/${hash}`);

afterEach(() => address(""));

const failure = (
  <Notice sentence="No." isAlert action="Again" onAction={() => undefined} check="Check the line" />
);

const LINKS: [string, ReactElement, string][] = [
  ["a failure", failure, "/check"],
  ["the check", <Check key="check" />, "/"],
  ["an address that leads nowhere", <Missing key="missing" />, "/"],
];

describe.each(LINKS)("the way on from %s", (_from, view, path) => {
  it.each([
    ["#invite=ab12.cd34", "#invite=ab12.cd34"],
    ["#join=aB3-_x", "#join=aB3-_x"],
    ["#words", ""],
    ["#invite=a b", ""],
    ["", ""],
  ])("from an address with %o takes %o along", (hash, taken) => {
    address(hash);
    render(view);
    expect(screen.getByRole("link")).toHaveAttribute("href", path + taken);
  });
});

it.each(["#invite=ab12.cd34", "#join=aB3-_x"])("%s is an invitation", (hash) =>
  expect(invitationIn(hash)).toBe(hash),
);

/** What the check tells the door, where the page has this address. */
async function shownAtTheDoor(hash: string): Promise<[string, string | null][]> {
  address(hash);
  const asked: [string, string | null][] = [];
  vi.stubGlobal("fetch", async (url: string, { headers }: RequestInit) => {
    asked.push([url, new Headers(headers).get("Authorization")]);
    const body = { server_url: "wss://lk", participant_token: "t" };
    return new Response(JSON.stringify(body), { status: 201 });
  });
  await askForLine("");
  return asked;
}

promise("Page", "Who was invited can check the line before the first call.", async () => {
  expect(await shownAtTheDoor("#invite=ab12.cd34")).toEqual([["/api/check", "Bearer ab12.cd34"]]);
  // It is no call: the link stays as it is.
  expect(window.location.hash).toBe("#invite=ab12.cd34");
});

it.each(["", "#join=aB3-_x", "#words"])("asks with nothing but the cookie at %o", async (hash) => {
  expect(await shownAtTheDoor(hash)).toEqual([["/api/check", null]]);
});

it("shows the key in a frame, as every other request does there", async () => {
  vi.stubGlobal("parent", {});
  vi.stubGlobal("fetch", async () => new Response(null, { status: 204 }));
  await showKey("", "correct horse");
  expect(await shownAtTheDoor("")).toEqual([["/api/check", "Bearer correct horse"]]);
});
