"use client";

import { spoken } from "@/components/spoken";

/** LiveKit's client is more than half of the page: one sees and taps the page before it is there. */
export const Entrance = spoken(
  async () => (await import("@/components/Conversation")).Conversation,
);
