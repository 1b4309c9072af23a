import { configure, render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";

import { Check } from "@/components/Check";
import { Notice } from "@/components/Notice";
import { checkLine } from "@/hooks/lineCheck";
import { recordSample } from "@/hooks/soundCheck";
import { found } from "@/lib/check";

vi.mock("@/hooks/lineCheck", () => ({ checkLine: vi.fn() }));
vi.mock("@/hooks/soundCheck", () => ({
  recordSample: vi.fn(),
  playChosenTone: vi.fn(async () => undefined),
}));

// Only so that nothing hangs on a busy machine.
configure({ asyncUtilTimeout: 20_000 });

const TOKEN = "header.claims.signature";
const sample = (peak: number) => ({ peak, url: "blob:1", device: "Headset" });
const press = (name: string) => userEvent.click(screen.getByRole("button", { name }));
const row = (name: string) =>
  screen.getByRole("heading", { name }).closest("li") ?? document.createElement("li");
const answer = (status: number, body: object) => async () =>
  new Response(JSON.stringify(body), { status });

async function check() {
  render(<Check />);
  await press("Start the check");
  await waitFor(() => expect(screen.getByRole("list")).toHaveAttribute("aria-busy", "false"));
}

beforeEach(() => {
  vi.clearAllMocks();
  for (const name of ["RTCPeerConnection", "MediaRecorder", "AudioContext", "WebSocket"]) {
    vi.stubGlobal(name, class {});
  }
  vi.stubGlobal("URL", Object.assign(URL, { revokeObjectURL: vi.fn() }));
  vi.stubGlobal("fetch", answer(201, { server_url: "wss://lk", participant_token: TOKEN }));
  vi.mocked(recordSample).mockResolvedValue(sample(0.4));
  vi.mocked(checkLine).mockImplementation(async (_, report) => {
    report("line", found("good", "line_ok"));
    report("sound", found("weak", "sound_tcp", "tcp, 40 ms"));
    report("relay", found("skipped", "relay_none"));
  });
});

describe("Check", () => {
  it("asks for nothing before it is told to", () => {
    render(<Check />);
    expect(recordSample).not.toHaveBeenCalled();
    expect(screen.getAllByText("not checked yet")).toHaveLength(7);
  });

  it("blames no server for what breaks after it", async () => {
    vi.mocked(checkLine).mockRejectedValue(new Error("something broke"));
    await check();
    expect(row("Server")).toHaveTextContent("The server answers.");
    expect(row("Voice connection")).toHaveTextContent("Something went wrong");
    expect(row("Way of the sound")).toHaveTextContent("left out");
    expect(row("Relay")).toHaveTextContent("left out");
  });

  it("says of each thing how it is, and what to do", async () => {
    await check();
    expect(row("Microphone")).toHaveTextContent("good");
    expect(row("Way of the sound")).toHaveTextContent("UDP is blocked here");
    expect(row("Relay")).toHaveTextContent("left out");
    expect(screen.getByLabelText("What we heard. Is it you?")).toHaveAttribute("src", "blob:1");
  });

  it("tells a microphone that hears nothing from one that is refused", async () => {
    vi.mocked(recordSample).mockResolvedValue(sample(0.001));
    await check();
    expect(row("Microphone")).toHaveTextContent("Is it muted");
    vi.mocked(recordSample).mockRejectedValue(new DOMException("", "NotAllowedError"));
    await press("Check again");
    await waitFor(() => expect(row("Microphone")).toHaveTextContent("The microphone is blocked"));
    // What was heard before is not what is heard now.
    expect(screen.queryByLabelText("What we heard. Is it you?")).toBeNull();
    // The line is looked at all the same.
    expect(checkLine).toHaveBeenCalledTimes(2);
  });

  it.each([
    [429, "rate_limited", "a lot of calls"],
    [401, "key_needed", "asks for a key"],
    [503, "livekit_unreachable", "The voice connection could not be made"],
    [503, "draining", "being updated"],
  ])("tells a refusal of the server: %i %s", async (status, code, words) => {
    vi.stubGlobal("fetch", answer(status, { error: { code, message: "No." } }));
    await check();
    expect(row("Server")).toHaveTextContent(words);
    expect(row("Voice connection")).toHaveTextContent("what comes before it failed");
    expect(checkLine).not.toHaveBeenCalled();
  });

  it("takes the key that the server asks for, and goes on from there", async () => {
    const refused = answer(401, { error: { code: "key_needed", message: "No." } });
    vi.stubGlobal("fetch", refused);
    // The keyboard is nobody's while one is to speak.
    let speak: (said: ReturnType<typeof sample>) => void = () => undefined;
    vi.mocked(recordSample).mockReturnValue(new Promise((resolve) => (speak = resolve)));
    render(<Check />);
    await press("Start the check");
    await waitFor(() => expect(row("Server")).toHaveTextContent("asks for a key"));
    expect(screen.queryByLabelText("Key")).toBeNull();
    speak(sample(0.4));
    expect(await screen.findByLabelText("Key")).toHaveFocus();
    expect(within(row("Server")).getAllByText(/asks for a key/)).toHaveLength(1);
    // A wrong one is told there.
    vi.stubGlobal("fetch", answer(401, { error: { code: "wrong_key", message: "No." } }));
    await userEvent.keyboard("guess{Enter}");
    await waitFor(() => expect(row("Server")).toHaveTextContent("That is not the key"));
    vi.stubGlobal("fetch", answer(201, { server_url: "wss://lk", participant_token: TOKEN }));
    await userEvent.keyboard("correct horse{Enter}");
    await waitFor(() => expect(row("Server")).toHaveTextContent("The server answers."));
    expect(row("Voice connection")).toHaveTextContent("good");
    expect(screen.queryByLabelText("Key")).toBeNull();
    expect(recordSample).toHaveBeenCalledTimes(1);
  });

  it("does not blame the line for what the browser lacks", async () => {
    vi.stubGlobal("RTCPeerConnection", undefined);
    await check();
    expect(row("Server")).toHaveTextContent("good");
    expect(row("Voice connection")).toHaveTextContent("what comes before it failed");
    expect(checkLine).not.toHaveBeenCalled();
  });

  it("asks whether the tone was heard", async () => {
    render(<Check />);
    await press("Play a tone");
    await press("I heard nothing");
    expect(within(row("Loudspeaker")).getByText(/Turn up the volume/)).toBeVisible();
    await press("Play a tone");
    await press("I heard it");
    expect(row("Loudspeaker")).toHaveTextContent("You hear us.");
  });

  it("gives a report without secrets, also where the browser copies nothing", async () => {
    await check();
    await press("Copy for support");
    const report = await screen.findByRole<HTMLTextAreaElement>("textbox", { name: "Report" });
    expect(report.value).toContain("sound: weak | sound_tcp | tcp, 40 ms");
    expect(report.value).not.toContain(TOKEN);
  });
});

describe("Notice", () => {
  const shown = {
    sentence: "It failed.",
    action: "Try again",
    onAction: vi.fn(),
    check: "Check microphone and line",
  };

  it("leads from a failure to the check, and from a normal end nowhere", () => {
    const { rerender } = render(<Notice {...shown} isAlert />);
    expect(screen.getByRole("link")).toHaveAttribute("href", "/check");
    rerender(<Notice {...shown} isAlert={false} />);
    expect(screen.queryByRole("link")).toBeNull();
  });
});
