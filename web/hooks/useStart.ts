import { useCallback, useRef } from "react";

import type { Line } from "@/hooks/line";
import { inviteOf } from "@/lib/access";
import { type Attempt, attemptFor, isUnanswered } from "@/lib/attempt";
import type { CallEvent } from "@/lib/call";
import type { LineStep, NewCall } from "@/lib/callRequest";
import { isLinkSpent } from "@/lib/door";
import { continuingFailureOf, failureOf } from "@/lib/failure";
import { forgetLink, joinCodeOf } from "@/lib/joinLink";
import { rememberedMicrophone } from "@/lib/preferences";
import { forgetLast } from "@/lib/ticket";

/** Begins a call. What nobody has answered is tried again under its own key. */
export function useStart(line: Line, report: (event: CallEvent) => void) {
  const unanswered = useRef<Attempt>(undefined);

  return useCallback(
    async ({ withMicrophone, continues }: NewCall) => {
      if (line.isUsed) return;
      report({ type: "started" });
      const { hash } = window.location;
      const attempt = attemptFor({ joinCode: joinCodeOf(hash), continues }, unanswered.current);
      unanswered.current = undefined;
      const request = { withMicrophone, microphoneId: rememberedMicrophone() };
      const onStep = (step: LineStep) => {
        if (step.type === "session_created") forgetLink();
        else report(step);
      };
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
    [line, report],
  );
}
