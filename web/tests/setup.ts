import "@testing-library/jest-dom/vitest";
import { cleanup } from "@testing-library/react";
import { afterEach, vi } from "vitest";

import { speak } from "@/lib/language";

import { stubMedia } from "./page/devices";

afterEach(cleanup);

await speak("en");

vi.stubGlobal("isSecureContext", true);
stubMedia();
// No call is connected here; the browsers that we support have the name.
vi.stubGlobal("RTCPeerConnection", class {});
// jsdom draws and measures nothing; components only need the names to exist.
class NoResizes implements ResizeObserver {
  observe() {}
  unobserve() {}
  disconnect() {}
}
vi.stubGlobal("ResizeObserver", NoResizes);
HTMLCanvasElement.prototype.getContext = () => null;
