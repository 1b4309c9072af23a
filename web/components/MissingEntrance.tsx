"use client";

import { spoken } from "@/components/spoken";

export const MissingEntrance = spoken(async () => (await import("@/components/Missing")).Missing);
