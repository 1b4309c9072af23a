import { describe, expect, it } from "vitest";

import { en } from "@/lib/catalogues/en";
import { END_REASONS, parseEndReason } from "@/lib/conventions";
import { parseApiUrl } from "@/lib/env";
import { FAILURE_CODES, failureOf, VoiceUnreachableError } from "@/lib/failure";
import { ApiError, UnreachableError } from "@/lib/http";
import { joinCodeOf } from "@/lib/joinLink";
import { InsecureContextError, NoMediaError, SystemBlockedError } from "@/lib/permission";
import { actionAfter, waitHint } from "@/lib/texts";

describe("failures", () => {
  it.each([
    [new DOMException("", "NotFoundError"), "no_microphone"],
    [new DOMException("", "NotAllowedError"), "permission_denied"],
    [new DOMException("", "NotReadableError"), "microphone_busy"],
    [new InsecureContextError(), "insecure_context"],
    [new NoMediaError(), "no_media"],
    [new SystemBlockedError(), "system_blocked"],
    [new VoiceUnreachableError(), "voice_unreachable"],
    [new UnreachableError(), "server_unreachable"],
    [new ApiError("join_link_used", ""), "join_link_used"],
    [new ApiError("livekit_unreachable", ""), "voice_unreachable"],
    [new ApiError("internal", ""), "unexpected"],
    [new TypeError("bug"), "unexpected"],
    ["text", "unexpected"],
  ])("turns %s into %s", (error, code) => {
    expect(failureOf(error).code).toBe(code);
  });

  it("keeps how long to wait", () => {
    expect(failureOf(new ApiError("rate_limited", "", 7))).toEqual({
      code: "rate_limited",
      retryAfterSecs: 7,
    });
  });

  it("has a sentence and one button for each", () => {
    for (const code of FAILURE_CODES) {
      expect(en.failures[code]).toMatch(/^[A-Z].*\.$/);
      expect(actionAfter(en, code)).not.toBe("");
    }
  });

  it("says the wait in words", () => {
    expect(waitHint(en, undefined)).toContain("in a moment");
    expect(waitHint(en, 1)).toContain("a second");
    expect(waitHint(en, 20)).toContain("20 seconds");
    expect(waitHint(en, 120)).toContain("2 minutes");
  });
});

describe("endings", () => {
  it("has a sentence for each reason the bot gives, and for none", () => {
    for (const reason of [...END_REASONS, "ended"] as const)
      expect(en.endings[reason]).toMatch(/[.!]$/);
  });

  it("does not trust a reason it does not know", () => {
    expect(parseEndReason("goodbye")).toBe("goodbye");
    expect(parseEndReason("<b>")).toBe("ended");
    expect(parseEndReason(undefined)).toBe("ended");
  });
});

describe("join link", () => {
  it("reads the code from the fragment and nothing else", () => {
    expect(joinCodeOf("#join=aB3-_x")).toBe("aB3-_x");
    for (const fragment of [
      "",
      "#",
      "#join=",
      "#join=a b",
      "#other=1",
      `#join=${"a".repeat(200)}`,
    ]) {
      expect(joinCodeOf(fragment)).toBeUndefined();
    }
  });
});

describe("API address", () => {
  it("is empty for the page's own origin, or an http address without a trailing slash", () => {
    expect(parseApiUrl(undefined)).toBe("");
    expect(parseApiUrl("https://voice.example/")).toBe("https://voice.example");
    expect(() => parseApiUrl("voice.example")).toThrow("NEXT_PUBLIC_API_URL");
    expect(() => parseApiUrl("javascript:alert(1)")).toThrow("NEXT_PUBLIC_API_URL");
  });
});
