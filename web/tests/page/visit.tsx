import { act, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { StrictMode } from "react";
import { vi } from "vitest";

import { Conversation } from "@/components/Conversation";
import { CalmPage } from "@/hooks/useCalmWords";

import { Devices, Permission, recorded } from "./devices";
import { type OfflineRoom, rooms } from "./offlineRoom";

export const TOKEN = "header.secret-claims.secret-signature";
const SESSION = {
  session_id: "s1",
  room_name: "room-1",
  server_url: "wss://livekit.example",
  participant_token: TOKEN,
  expires_at: "2030-01-01T00:00:00Z",
  resume_ticket: "ticket-1",
  resume_secs: 30,
};
const RESUMED = {
  ...SESSION,
  participant_token: `${TOKEN}-2`,
  resume_ticket: "ticket-2",
  captions: null as unknown,
};

interface Request {
  method: string;
  url: string;
  init: RequestInit;
}

/** As the browser does it: what was given up fails, whatever the server still answers. */
function abortionOf(signal: AbortSignal | null | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal?.addEventListener("abort", () => reject(signal.reason as Error));
  });
}

export const button = (name: string) => screen.getByRole("button", { name });
/** Each button has a place of its own, as it would on a screen. */
const places: string[] = [];
export async function press(name: string) {
  const target = button(name);
  if (!places.includes(name)) places.push(name);
  const coords = { clientX: 0, clientY: 100 * places.indexOf(name) };
  await userEvent.pointer([
    { target, coords },
    { keys: "[MouseLeft]", target, coords },
  ]);
}
/** Where one types: in the way of nobody who talks, until it is asked for. */
export async function box() {
  if (!screen.queryByRole("textbox")) await press("Type a message");
  return screen.getByRole("textbox");
}
/** The state in words, beside the voice. */
export const status = () =>
  screen.getByText(/./, { selector: "p[role=status]:not(:empty)" }).textContent;
export const words = () => screen.queryAllByRole("listitem").map((item) => item.textContent);
/** Lets everything happen that waits for nothing else. */
export async function settle() {
  for (let turn = 0; turn < 5; turn++) {
    await act(async () => new Promise((resolve) => setTimeout(resolve, 0)));
  }
}

function clearStorage() {
  try {
    window.sessionStorage.clear();
  } catch {
    // This browser has none.
  }
}

/** The whole page, as Next runs it in development; the server answers as the test says. */
export function visit({ isReload = false, mayListen = true, started = {} } = {}) {
  if (!isReload) clearStorage();
  rooms.length = 0;
  recorded.length = 0;
  const permission = new Permission(mayListen ? "granted" : "prompt");
  const query = async () => permission;
  Object.defineProperty(navigator, "permissions", { value: { query }, configurable: true });
  const devices = new Devices();
  Object.defineProperty(navigator, "mediaDevices", { value: devices, configurable: true });
  const requests: Request[] = [];
  const server = {
    requests,
    of: (method: string) => requests.filter((request) => request.method === method),
    answer: async (): Promise<Response> =>
      new Response(JSON.stringify({ ...SESSION, ...started }), { status: 201 }),
    /** What it says of a session. */
    state: async (): Promise<Response> => new Response(null, { status: 204 }),
    rate: async (): Promise<Response> => new Response(null, { status: 204 }),
    end: async (): Promise<Response> => new Response(null, { status: 204 }),
    /** What it answers to a ticket. */
    resume: async (captions: unknown = null): Promise<Response> =>
      new Response(JSON.stringify({ ...RESUMED, captions }), { status: 200 }),
    /** From now on the answer waits for the function this returns. */
    waits: () => {
      const { answer } = server;
      let go: () => void = () => undefined;
      const going = new Promise<void>((resolve) => (go = resolve));
      server.answer = () => going.then(answer);
      return () => go();
    },
  };
  vi.stubGlobal("fetch", async (url: string, init: RequestInit = {}) => {
    requests.push({ method: init.method ?? "GET", url, init });
    if (init.method === "DELETE") return server.end();
    if (init.method !== "POST") return server.state();
    if (url.endsWith("/rating")) return Promise.race([server.rate(), abortionOf(init.signal)]);
    const answer = url.endsWith("/resume") ? server.resume() : server.answer();
    return Promise.race([answer, abortionOf(init.signal)]);
  });
  const view = render(
    <StrictMode>
      <CalmPage value={false}>
        <Conversation />
      </CalmPage>
    </StrictMode>,
  );
  const room = (): OfflineRoom => {
    // A room that only tried to begin is none: React makes some twice.
    const found = rooms.findLast(({ joined }) => joined !== undefined);
    if (!found) throw new Error("no room was joined");
    return found;
  };
  return { ...view, devices, permission, server, room };
}

/** The page in a call without a microphone, as there was none, with the bot there. */
export async function typedCall() {
  const page = visit();
  page.devices.refusal = new DOMException("", "NotFoundError");
  await press("Start talking");
  await settle();
  await press("Type instead");
  await settle();
  await act(async () => page.room().botComes());
  await settle();
  return page;
}

/** The page in a call, with the bot there. */
export async function call(started = {}) {
  const page = visit({ started });
  await press("Start talking");
  await settle();
  await act(async () => page.room().botComes());
  await settle();
  return page;
}
