import { Fragment, useCallback } from "react";

import { Captions } from "@/components/Captions";
import { Footer } from "@/components/Footer";
import { LanguageSwitch } from "@/components/LanguageSwitch";
import { Ornament } from "@/components/Ornament";
import { Room } from "@/components/Room";
import { Voice } from "@/components/Voice";
import { useCall } from "@/hooks/useCall";
import { useChat } from "@/hooks/useChat";
import { useDeliberateClicks } from "@/hooks/useDeliberateClicks";
import { useEndedCall } from "@/hooks/useEndedCall";
import { useHost } from "@/hooks/useHost";
import { useKeptFocus } from "@/hooks/useKeptFocus";
import { useLast } from "@/hooks/useLast";
import { useNewWords } from "@/hooks/useNewWords";
import { useOwnMicrophone } from "@/hooks/useOwnMicrophone";
import { useTexts } from "@/hooks/useTexts";
import { useTitle } from "@/hooks/useTitle";
import { useToolAnswer } from "@/hooks/useToolAnswer";
import { useTranscript } from "@/hooks/useTranscript";
import { useVisibleHeight } from "@/hooks/useVisibleHeight";
import { useVoiceLevels } from "@/hooks/useVoiceLevels";
import { useWaitEar } from "@/hooks/useWaitEar";
import { useWakeLock } from "@/hooks/useWakeLock";
import { isOpen } from "@/lib/call";
import type { NewCall } from "@/lib/callRequest";
import { presenceOf, toolOf } from "@/lib/presence";
import { PRODUCT_NAME } from "@/lib/texts";
import { titleOf } from "@/lib/titles";

/** The page: one voice, the words under it, the controls at the bottom. */
export function Conversation() {
  const texts = useTexts();
  const { state, line, bot, wanted, start, tryAgain, takeBack, hangUp } = useCall();
  const last = useLast();
  const ended = useEndedCall(state, line, last);
  const own = useOwnMicrophone(line);
  const ear = useWaitEar(own.track, bot.track);
  const [transcript, dispatch, isInterrupting] = useTranscript(line, ear);
  const send = useChat(line, dispatch);
  const answer = useToolAnswer(line, dispatch);
  const readLevels = useVoiceLevels(own.track, bot.track);
  const controls = useKeptFocus<HTMLDivElement>(state.phase);
  const isLive = state.phase === "live";
  const onClick = useDeliberateClicks(state.phase);
  const hasWords = transcript.entries.length > 0;
  const forget = useCallback(() => dispatch({ type: "cleared" }), [dispatch]);
  const noteBegin = useNewWords(state, forget);
  useWakeLock(isOpen(state));
  useVisibleHeight();
  useHost(state.phase, hangUp);

  const begin = (call: NewCall) => {
    noteBegin(call.continues !== undefined);
    void start(call);
  };
  const goOn =
    last && (() => begin({ withMicrophone: last.microphone !== "none", continues: last }));
  const tool = toolOf(transcript.calls);
  const presence = presenceOf({
    texts,
    call: state,
    bot: bot.state,
    trouble: bot.trouble,
    tool,
    isInterrupting,
    ...own,
  });
  useTitle(titleOf(texts, state, tool?.status === "confirming"));
  // The welcome has a headline of its own.
  const Name = state.phase === "idle" && state.ending === null ? "p" : "h1";

  return (
    <div className="page">
      <header className="page-name">
        <Name>{PRODUCT_NAME}</Name>
      </header>
      <main className="page-column">
        <Ornament fallback={<p role="status">{presence.words}</p>}>
          <Voice presence={presence} readLevels={readLevels} isAlone={!isLive && !hasWords} />
        </Ornament>
        <Captions
          transcript={transcript}
          onAnswer={isLive ? answer : undefined}
          onResend={isLive ? send : undefined}
          isTyping={isLive && !own.hasMicrophone}
        />
        <Room line={line} isLive={isLive} />
        {/* What comes in a phase is new: it has not moved from where the last one had its own. */}
        <Fragment key={state.phase}>
          <div
            ref={controls}
            tabIndex={-1}
            onClickCapture={onClick}
            // Where it does not fit, as at 400 %, it is scrolled; the ring of a focus is not cut.
            className={`mt-auto outline-none short:-mx-1.5 short:-mb-1.5 short:min-h-0 short:overflow-y-auto short:p-1.5 ${hasWords ? "print:hidden" : ""}`}
          >
            <Footer
              call={state}
              line={line}
              wanted={wanted}
              ways={{ start: () => begin({ withMicrophone: true }), tryAgain, takeBack, goOn }}
              ended={ended}
              onHangUp={hangUp}
              onSend={send}
            />
          </div>
        </Fragment>
      </main>
      {/* Shown at the top, and the last for the keyboard. */}
      {!isOpen(state) && (
        <footer className="page-language">
          <LanguageSwitch />
        </footer>
      )}
    </div>
  );
}
