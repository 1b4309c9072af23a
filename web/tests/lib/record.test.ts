import { describe, expect, it } from "vitest";

import type { Caption } from "@/lib/captions";
import { en } from "@/lib/catalogues/en";
import { recordAs, recordName } from "@/lib/record";
import type { Entry, Transcript } from "@/lib/transcript";

const START_MS = new Date(2026, 9, 8, 10, 0).getTime();

const said = (
  side: Caption["side"],
  text: string,
  more: Partial<Caption> = {},
  times = {},
): Entry => ({
  kind: "caption",
  caption: { id: text, side, text, status: "final", streamNumber: 1, ...more },
  ...times,
});
const at = (fromSecs: number, untilSecs?: number) => ({
  atMs: START_MS + fromSecs * 1000,
  endMs: untilSecs === undefined ? undefined : START_MS + untilSecs * 1000,
});

const CALL = { id: "1", name: "weather", status: "done", question: "", progress: "" } as const;
const TRANSCRIPT: Transcript = {
  calls: [CALL],
  entries: [
    said("bot", "Before the page was loaded."),
    said("caller", "What is *the* weather?", {}, at(0.5, 1.75)),
    { kind: "tool", call: CALL, ...at(2, 3.5) },
    said(
      "bot",
      "Sunny\n\nand --> warm",
      { status: "interrupted" },
      {
        ...at(3.6),
        wait: { secs: 0.6, parts: [] },
      },
    ),
    said("caller", "Thanks", { status: "unsent" }, at(3_725)),
  ],
};

describe("the record", () => {
  it("is text that anybody can read", () => {
    const lines = recordAs("md", TRANSCRIPT, en).split("\n\n");
    const time = (secs: number) => new Date(START_MS + secs * 1000).toLocaleTimeString();
    expect(lines).toEqual([
      "# Parley: a conversation",
      "**Parley**: Before the page was loaded.",
      `**You** · ${time(0.5)}: What is \\*the\\* weather?`,
      "*Looked up the weather (1.5 s)*",
      `**Parley** · ${time(3.6)}: Sunny  \n  \nand --\\> warm *(interrupted)*`,
      `**You** · ${time(3_725)}: Thanks *(Not sent.)*\n`,
    ]);
  });

  it("is data", () => {
    expect(JSON.parse(recordAs("json", TRANSCRIPT, en))).toEqual([
      { who: "bot", text: "Before the page was loaded." },
      {
        who: "caller",
        text: "What is *the* weather?",
        at: new Date(START_MS + 500).toISOString(),
        until: new Date(START_MS + 1_750).toISOString(),
      },
      {
        who: "tool",
        text: "Looked up the weather",
        at: new Date(START_MS + 2_000).toISOString(),
        until: new Date(START_MS + 3_500).toISOString(),
      },
      {
        who: "bot",
        text: "Sunny\n\nand --> warm",
        is_cut: true,
        at: new Date(START_MS + 3_600).toISOString(),
        wait_secs: 0.6,
      },
      {
        who: "caller",
        text: "Thanks",
        is_unsent: true,
        at: new Date(START_MS + 3_725_000).toISOString(),
      },
    ]);
  });

  it("is subtitles of what was heard, from the first words on", () => {
    expect(recordAs("srt", TRANSCRIPT, en)).toBe(
      [
        "1\n00:00:00,000 --> 00:00:01,250\nYou: What is *the* weather?\n",
        "2\n00:00:03,100 --> 00:00:05,100\nParley: Sunny\nand → warm\n",
      ].join("\n"),
    );
    const late: Transcript = {
      calls: [],
      entries: [said("bot", "Hello.", {}, at(0, 1)), said("bot", "Well?", {}, at(3_725.25, 3_726))],
    };
    expect(recordAs("srt", late, en)).toContain("01:02:05,250 --> 01:02:06,000");
  });

  it("is nothing wrong when nothing was said", () => {
    const none: Transcript = { calls: [], entries: [] };
    expect(recordAs("md", none, en)).toBe("# Parley: a conversation\n");
    expect(recordAs("json", none, en)).toBe("[]\n");
    expect(recordAs("srt", none, en)).toBe("");
  });

  it("has a name that sorts", () => {
    expect(recordName("srt", START_MS)).toBe("parley-2026-10-08-1000.srt");
  });
});
