"use client";

import { spoken } from "@/components/spoken";

/** The check of the line, as soon as it can speak. */
export const CheckEntrance = spoken(async () => (await import("@/components/Check")).Check);
