import { useCallback, useRef } from "react";

import type { Line } from "@/hooks/line";
import { inviteOf } from "@/lib/access";
import { type Attempt, attemptFor, isUnanswered } from "@/lib/attempt";
import type { CallEvent } from "@/lib/call";
import type { CallRequest, OnStep } from "@/lib/callRequest";
import { continuingFailureOf, failureOf, isLinkSpent } from "@/lib/failure";
import { forgetLink, joinCodeOf } from "@/lib/joinLink";
import { forgetLast, type Ticket } from "@/lib/ticket";

/** What the person asked for with the click; the rest is in the address. */
interface StartRequest extends Pick<CallRequest, "withMicrophone" | "microphoneId"> {
  continues?: Ticket | undefined;
}

/** Begins a call. What nobody has answered is tried again under its own key. */
export function useStart(line: Line, report: (event: CallEvent) => void, onStep: OnStep) {
  const unanswered = useRef<Attempt>(undefined);

  return useCallback(
    async ({ continues, ...request }: StartRequest) => {
      if (line.isUsed) return;
      report({ type: "started" });
      // Who begins anew is not asked about the old talk again.
      if (!continues) forgetLast();
      const { hash } = window.location;
      const attempt = attemptFor({ joinCode: joinCodeOf(hash), continues }, unanswered.current);
      unanswered.current = undefined;
      try {
        await line.open({ ...request, invite: inviteOf(hash), attempt }, onStep);
      } catch (error) {
        const failure = continues ? continuingFailureOf(error) : failureOf(error);
        if (isUnanswered(error)) unanswered.current = attempt;
        if (failure.code === "session_forgotten") forgetLast();
        if (isLinkSpent(failure.code)) forgetLink();
        report({ type: "failed", failure });
      }
    },
    [line, onStep, report],
  );
}
