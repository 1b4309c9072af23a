import { readFileSync } from "node:fs";

import { renderHook } from "@testing-library/react";
import { RpcError } from "livekit-client";
import { describe, expect, it, vi } from "vitest";

import { useToolAnswer } from "@/hooks/useToolAnswer";

import { fakeBot, fakeLine } from "./fakes";

const CONTRACT = readFileSync("../tests/contract/answer_tool.json", "utf8");

describe("useToolAnswer", () => {
  it("asks the bot to take the answer, in the agreed form", async () => {
    const line = fakeLine();
    line.room.remoteParticipants.set("bot", { identity: "bot", ...fakeBot({}) } as never);
    const rpc = vi.spyOn(line.room.localParticipant, "performRpc").mockResolvedValue("");
    const { result } = renderHook(() => useToolAnswer(line, () => undefined));
    await result.current("call_1", true);
    const request = rpc.mock.calls[0]?.[0];
    expect(request).toMatchObject({ destinationIdentity: "bot", method: "parley.answer_tool" });
    expect(JSON.parse(request?.payload ?? "")).toEqual(JSON.parse(CONTRACT));
  });

  it.each([
    [404, true],
    [400, false],
    [429, false],
    [1502, false],
  ])("takes error %s for an answer that was given already: %s", async (code, isSilent) => {
    const line = fakeLine();
    line.room.remoteParticipants.set("bot", { identity: "bot", ...fakeBot({}) } as never);
    vi.spyOn(line.room.localParticipant, "performRpc").mockRejectedValue(new RpcError(code, ""));
    const { result } = renderHook(() => useToolAnswer(line, () => undefined));
    const answer = result.current("call_1", true);
    await (isSilent ? expect(answer).resolves.toBeUndefined() : expect(answer).rejects.toThrow());
  });

  it("fails when there is no bot", async () => {
    const { result } = renderHook(() => useToolAnswer(fakeLine(), () => undefined));
    await expect(result.current("call_1", false)).rejects.toThrow();
  });
});
