import "@testing-library/jest-dom/vitest";
import { cleanup } from "@testing-library/react";
import { afterEach, vi } from "vitest";

import { stubMedia } from "./page/devices";

afterEach(cleanup);

vi.stubGlobal("isSecureContext", true);
stubMedia();
// jsdom draws and measures nothing; components only need the names to exist.
class NoResizes implements ResizeObserver {
  observe() {}
  unobserve() {}
  disconnect() {}
}
vi.stubGlobal("ResizeObserver", NoResizes);
HTMLCanvasElement.prototype.getContext = () => null;
