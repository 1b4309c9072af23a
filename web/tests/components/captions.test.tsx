import { cleanup, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";

import { Captions } from "@/components/Captions";
import type { Caption } from "@/lib/captions";
import type { ToolStatus } from "@/lib/toolCalls";
import type { Transcript } from "@/lib/transcript";

const caption = (more: Partial<Caption>): Caption => ({
  id: "a",
  side: "bot",
  text: "Hello.",
  status: "final",
  streamNumber: 1,
  ...more,
});

const said = (...captions: Caption[]): Transcript => ({
  calls: [],
  entries: captions.map((each) => ({ kind: "caption", caption: each })),
});

describe("Captions", () => {
  it("lists the utterances in order, each with its speaker", () => {
    render(
      <Captions
        transcript={said(
          caption({}),
          caption({ id: "b", side: "caller", text: "What time is it?" }),
        )}
      />,
    );
    const items = screen.getAllByRole("listitem").map((item) => item.textContent);
    expect(items).toEqual(["Parley: Hello.", "You: What time is it?"]);
  });

  it("lets the words alone say in which direction they are written", () => {
    const typed = caption({ id: "b", side: "caller", text: "مرحبا", status: "unsent" });
    render(<Captions transcript={said(caption({ text: "שלום" }), typed)} />);
    const firstOf = (item: HTMLElement) => {
      const texts = document.createTreeWalker(item, NodeFilter.SHOW_TEXT);
      // As HTML has it for `dir="auto"`.
      while (texts.nextNode()) {
        const parent = texts.currentNode.parentElement;
        if (parent?.closest("bdi, [dir]") === item) return texts.currentNode.textContent;
      }
      return undefined;
    };
    const items = screen.getAllByRole("listitem");
    expect(items.map((item) => item.dir)).toEqual(["auto", "auto"]);
    expect(items.map(firstOf)).toEqual(["שלום", "مرحبا"]);
  });

  it("ends a cut reply with a dash, and says the word to screen readers", () => {
    render(<Captions transcript={said(caption({ text: "Once upon a", status: "interrupted" }))} />);
    expect(screen.getByRole("listitem")).toHaveTextContent("Once upon a — (interrupted)");
  });

  it.each(["lit the lamp.", "All right!", "“Really?”", "そうです。"])(
    "puts no dash behind what ends like a sentence: %s",
    (text) => {
      render(<Captions transcript={said(caption({ text, status: "interrupted" }))} />);
      expect(screen.getByRole("listitem").textContent).toBe(`Parley: ${text} (interrupted)`);
    },
  );

  it("tells how a typed line stands, and sends one again that was not sent", async () => {
    const typed = caption({ id: "t", side: "caller", text: "Hello", status: "sending" });
    const resend = vi.fn(() => Promise.resolve());
    const { rerender } = render(<Captions transcript={said(typed)} onResend={resend} />);
    expect(screen.getByRole("listitem")).toHaveTextContent("Hello Sending …");
    const unsent = said({ ...typed, status: "unsent" });
    rerender(<Captions transcript={unsent} onResend={resend} />);
    expect(screen.getByRole("listitem")).toHaveTextContent("Hello Not sent.");
    await userEvent.click(screen.getByRole("button", { name: "Send again" }));
    expect(resend).toHaveBeenCalledWith("Hello", "t");
    // The call is over.
    rerender(<Captions transcript={unsent} />);
    expect(screen.getByRole("listitem")).toHaveTextContent("Not sent.");
    expect(screen.queryByRole("button", { name: "Send again" })).toBeNull();
  });

  const announced = () => document.querySelector("[aria-live=polite]")?.textContent;

  it("announces whole utterances only", () => {
    const { rerender } = render(
      <Captions isTyping transcript={said(caption({ status: "open", text: "Hel" }))} />,
    );
    expect(announced()).toBe("");
    rerender(<Captions isTyping transcript={said(caption({}))} />);
    expect(announced()).toBe("Parley: Hello.");
  });

  it("reads nothing into an open microphone, unless the person has chosen so", async () => {
    render(<Captions transcript={said(caption({}))} />);
    expect(announced()).toBe("");
    await userEvent.click(screen.getByText("•••"));
    await userEvent.click(screen.getByRole("button", { name: /Read replies/ }));
    expect(announced()).toBe("Parley: Hello.");
    cleanup();
    // The next visit.
    render(<Captions transcript={said(caption({}))} />);
    expect(announced()).toBe("Parley: Hello.");
    window.localStorage.clear();
  });

  it("is written as large as was chosen, on the next visit too", async () => {
    const pressed = () => screen.getByRole("button", { pressed: true, name: /Normal|Large/ });
    render(<Captions transcript={said(caption({}))} />);
    await userEvent.click(screen.getByText("•••"));
    expect(pressed()).toHaveTextContent("Normal");
    await userEvent.click(screen.getByRole("button", { name: "Largest" }));
    cleanup();
    render(<Captions transcript={said(caption({}))} />);
    await userEvent.click(screen.getByText("•••"));
    expect(pressed()).toHaveTextContent("Largest");
    window.localStorage.clear();
  });

  it("offers a full screen where the browser has one", async () => {
    const request = vi.fn(async () => undefined);
    Object.assign(document, { fullscreenEnabled: true });
    Object.assign(document.documentElement, { requestFullscreen: request });
    render(<Captions transcript={said(caption({}))} />);
    await userEvent.click(screen.getByText("•••"));
    await userEvent.click(screen.getByRole("button", { name: "Full screen" }));
    expect(request).toHaveBeenCalledOnce();
    Reflect.deleteProperty(document, "fullscreenEnabled");
    cleanup();
    render(<Captions transcript={said(caption({}))} />);
    await userEvent.click(screen.getByText("•••"));
    expect(screen.queryByRole("button", { name: "Full screen" })).toBeNull();
  });

  it("works where the browser remembers nothing", async () => {
    vi.spyOn(window, "localStorage", "get").mockImplementation(() => {
      throw new DOMException("", "SecurityError");
    });
    render(<Captions transcript={said(caption({}))} />);
    await userEvent.click(screen.getByText("•••"));
    await userEvent.click(screen.getByRole("button", { name: /Read replies/ }));
    expect(announced()).toBe("Parley: Hello.");
  });

  it("asks at once what waits for an answer, and no longer", () => {
    const call = {
      id: "1",
      name: "book_appointment",
      status: "confirming" as const,
      question: "Shall I?",
      progress: "",
    };
    const asks = (status: ToolStatus): Transcript => {
      const now = { ...call, status };
      return { calls: [now], entries: [{ kind: "question", call: now }] };
    };
    const alerted = () => document.querySelector("[aria-live=assertive]")?.textContent;
    const { rerender } = render(<Captions transcript={asks("confirming")} />);
    expect(alerted()).toBe("Shall I?");
    rerender(<Captions transcript={asks("unfinished")} />);
    expect(alerted()).toBe("");
  });

  it("shows times, and how long a tool took, when asked to", async () => {
    const atMs = new Date(2026, 9, 8, 10, 2).getTime();
    const tool = { id: "1", name: "weather", status: "done", question: "", progress: "" } as const;
    const transcript: Transcript = {
      calls: [tool],
      entries: [
        { kind: "caption", caption: caption({}), atMs },
        { kind: "tool", call: tool, atMs, endMs: atMs + 1_234 },
        { kind: "caption", caption: caption({ id: "kept-1" }) },
      ],
    };
    render(<Captions transcript={transcript} />);
    const lines = () => screen.getAllByRole("listitem").map((item) => item.textContent);
    expect(lines()[1]).toBe("Looked up the weather");
    await userEvent.click(screen.getByText("•••"));
    await userEvent.click(screen.getByRole("button", { name: /Show times/ }));
    expect(lines()[0]).toMatch(/^Parley: Hello\.10:02/);
    expect(lines()[1]).toMatch(/^Looked up the weather10:02.* · 1\.2 s$/);
    expect(lines()[2]).toBe("Parley: Hello.");
    window.localStorage.clear();
  });

  it("says quietly how long a reply took, and for what when asked", async () => {
    const wait = {
      secs: 0.62,
      parts: [
        { part: "endOfTurn" as const, secs: 0.4 },
        { part: "rest" as const, secs: 0.22 },
      ],
    };
    render(
      <Captions
        transcript={{ calls: [], entries: [{ kind: "caption", caption: caption({}), wait }] }}
      />,
    );
    const figure = screen.getByRole("button", { name: "Answered after 0.6 s" });
    expect(figure).toHaveTextContent("0.6 s");
    await userEvent.click(figure);
    expect(screen.getByRole("listitem")).toHaveTextContent("had finished0.40 sOn the way0.22 s");
  });

  it("leads to the newest words whoever has scrolled up, and counts them", async () => {
    const lines = (count: number) =>
      said(...Array.from({ length: count }, (_, index) => caption({ id: `${index}` })));
    const { rerender } = render(<Captions transcript={lines(3)} />);
    const scroller = screen.getByRole("list").parentElement;
    if (!scroller) throw new Error("nothing scrolls");
    Object.defineProperty(scroller, "scrollHeight", { value: 500 });
    Object.defineProperty(scroller, "clientHeight", { value: 200 });
    scroller.scrollTo = (({ top }: ScrollToOptions) => {
      scroller.scrollTop = top ?? 0;
      scroller.dispatchEvent(new Event("scroll"));
    }) as typeof scroller.scrollTo;
    scroller.scrollTo({ top: 100 });
    expect(await screen.findByRole("button", { name: "To the newest" })).toBeVisible();
    rerender(<Captions transcript={lines(5)} />);
    await userEvent.click(screen.getByRole("button", { name: "2 new lines" }));
    expect(scroller.scrollTop).toBe(500);
    expect(scroller).toHaveFocus();
    expect(screen.queryByRole("button", { name: /new/ })).toBeNull();
  });

  it("shows markup as the text it is", () => {
    render(<Captions transcript={said(caption({ text: "<img src=x onerror=alert(1)>" }))} />);
    expect(screen.getByRole("listitem")).toHaveTextContent("<img src=x onerror=alert(1)>");
  });
});
