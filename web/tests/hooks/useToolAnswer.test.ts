import { readFileSync } from "node:fs";

import { renderHook } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";

import { useToolAnswer } from "@/hooks/useToolAnswer";

import { fakeBot, fakeLine } from "./fakes";

const CONTRACT = readFileSync("../tests/contract/answer_tool.json", "utf8");

describe("useToolAnswer", () => {
  it("asks the bot to take the answer, in the agreed form", async () => {
    const line = fakeLine();
    line.room.remoteParticipants.set("bot", { identity: "bot", ...fakeBot({}) } as never);
    const rpc = vi.spyOn(line.room.localParticipant, "performRpc").mockResolvedValue("");
    const { result } = renderHook(() => useToolAnswer(line));
    await result.current("call_1", true);
    const request = rpc.mock.calls[0]?.[0];
    expect(request).toMatchObject({ destinationIdentity: "bot", method: "parley.answer_tool" });
    expect(JSON.parse(request?.payload ?? "")).toEqual(JSON.parse(CONTRACT));
  });

  it("fails when there is no bot", async () => {
    const { result } = renderHook(() => useToolAnswer(fakeLine()));
    await expect(result.current("call_1", false)).rejects.toThrow();
  });
});
