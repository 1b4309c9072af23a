import { expect, vi } from "vitest";

import { call, press, settle } from "./visit";

import { promise } from "../promise";

vi.hoisted(() => void (process.env.NEXT_PUBLIC_API_URL = "https://runner.example/"));
vi.mock("livekit-client", async (original) => (await import("./offlineRoom")).mocked(original));

promise("Page", "A page served elsewhere asks the runner it was built for.", async () => {
  const { server } = await call();
  await press("End call");
  await settle();
  expect(server.requests.map(({ method, url }) => [method, url])).toEqual([
    ["POST", "https://runner.example/api/sessions"],
    ["DELETE", "https://runner.example/api/sessions/s1"],
  ]);
});
