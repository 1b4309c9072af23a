import { getLogger, LoggerNames, LogLevel, Room, setLogLevel } from "livekit-client";
import { afterEach, expect, it } from "vitest";

import { quietLog } from "@/hooks/quietLog";

afterEach(() => localStorage.clear());

it("keeps a call that goes well out of the console, and stores nothing", () => {
  quietLog();
  const room = new Room();
  for (const name of Object.values(LoggerNames)) {
    expect([name, getLogger(name).getLevel()]).toEqual([name, LogLevel.warn]);
  }
  expect(localStorage).toHaveLength(0);
  void room.disconnect();
});

it("leaves the level alone that somebody has asked for", () => {
  setLogLevel(LogLevel.debug);
  quietLog();
  expect(getLogger(LoggerNames.Default).getLevel()).toBe(LogLevel.debug);
});
