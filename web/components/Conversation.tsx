"use client";

import { Captions } from "@/components/Captions";
import { Footer } from "@/components/Footer";
import { Ornament } from "@/components/Ornament";
import { Room } from "@/components/Room";
import { Voice } from "@/components/Voice";
import { useCall } from "@/hooks/useCall";
import { useChat } from "@/hooks/useChat";
import { useDeliberateClicks } from "@/hooks/useDeliberateClicks";
import { useKeptFocus } from "@/hooks/useKeptFocus";
import { useLast } from "@/hooks/useLast";
import { useOwnMicrophone } from "@/hooks/useOwnMicrophone";
import { useToolAnswer } from "@/hooks/useToolAnswer";
import { useTranscript } from "@/hooks/useTranscript";
import { useVoiceLevels } from "@/hooks/useVoiceLevels";
import { useWakeLock } from "@/hooks/useWakeLock";
import { rememberedMicrophone } from "@/lib/preferences";
import { presenceOf } from "@/lib/presence";
import { PRODUCT_NAME } from "@/lib/texts";
import type { Ticket } from "@/lib/ticket";

/** The page: one voice, the words under it, the controls at the bottom. */
export function Conversation() {
  const { state, line, bot, start, takeBack, hangUp } = useCall();
  const last = useLast(state.phase);
  const [transcript, dispatch] = useTranscript(line);
  const send = useChat(line, dispatch);
  const answer = useToolAnswer(line);
  const own = useOwnMicrophone(line);
  const readLevels = useVoiceLevels(own.track, bot.track);
  const controls = useKeptFocus<HTMLDivElement>(state.phase);
  const isLive = state.phase === "live";
  const onClick = useDeliberateClicks(state.phase);
  useWakeLock(isLive);

  const begin = (withMicrophone: boolean, continues?: Ticket) => {
    if (!continues) dispatch({ type: "cleared" });
    void start({ withMicrophone, microphoneId: rememberedMicrophone(), continues });
  };
  const presence = presenceOf({ call: state, bot: bot.state, trouble: bot.trouble, ...own });

  return (
    <div className="mx-auto flex h-dvh max-h-[60rem] max-w-2xl flex-col pt-[env(safe-area-inset-top)] pr-[max(1rem,env(safe-area-inset-right))] pb-[max(1rem,env(safe-area-inset-bottom))] pl-[max(1rem,env(safe-area-inset-left))]">
      <header className="py-4 text-center text-base font-semibold tracking-tight">
        {PRODUCT_NAME}
      </header>
      <main className="flex min-h-0 flex-1 flex-col">
        <Ornament fallback={<p role="status">{presence.words}</p>}>
          <Voice presence={presence} readLevels={readLevels} />
        </Ornament>
        {transcript.entries.length > 0 && (
          <Captions
            transcript={transcript}
            onAnswer={isLive ? answer : undefined}
            onResend={isLive ? send : undefined}
            isTyping={isLive && !own.hasMicrophone}
          />
        )}
        <Room line={line} isLive={isLive} />
        <div ref={controls} tabIndex={-1} onClickCapture={onClick} className="outline-none">
          <Footer
            call={state}
            line={line}
            onStart={begin}
            wayBack={{ takeBack, goOn: last && (() => begin(true, last)) }}
            onHangUp={hangUp}
            onSend={send}
          />
        </div>
      </main>
    </div>
  );
}
