import { useRef, useState } from "react";

import { RoundButton } from "@/components/Button";
import { CallSettings } from "@/components/CallSettings";
import { HangUpIcon, KeyboardIcon } from "@/components/icons";
import { MicrophoneControl } from "@/components/MicrophoneControl";
import { MicrophoneNotice } from "@/components/MicrophoneNotice";
import { TextBox } from "@/components/TextBox";
import type { Line } from "@/hooks/line";
import { useCallKeys } from "@/hooks/useCallKeys";
import { useMediaSession } from "@/hooks/useMediaSession";
import { useMicrophone } from "@/hooks/useMicrophone";
import { useTexts } from "@/hooks/useTexts";

interface CallBarProps {
  line: Line;
  onSend: (text: string) => void;
  onHangUp: () => void;
}

/** Everything one can do during a call, within reach of a thumb. */
export function CallBar({ line, onSend, onHangUp }: CallBarProps) {
  const texts = useTexts();
  const microphone = useMicrophone(line);
  const keyboard = useRef<HTMLButtonElement>(null);
  const [isOpen, setIsOpen] = useState<boolean>();
  const hasNone = microphone.isMissing;
  // Where nothing is heard, the box is the only way to say something.
  const isTyping = hasNone || isOpen === true;
  const close = () => {
    setIsOpen(false);
    keyboard.current?.focus();
  };
  const [hasSettings, setHasSettings] = useState(false);
  const showSettings = () => setHasSettings((isShown) => !isShown);
  const mute = () => microphone.isPossible && microphone.toggle();
  useCallKeys({ mute, end: onHangUp, help: showSettings });
  useMediaSession({ isMicrophoneOn: microphone.isOn, mute, end: onHangUp });
  return (
    <div role="group" aria-label={texts.labels.controls} tabIndex={-1} className="outline-none">
      <MicrophoneNotice microphone={microphone} />
      <div className="flex flex-wrap items-end justify-center gap-x-4 gap-y-3">
        {microphone.isPossible && <MicrophoneControl microphone={microphone} />}
        {!hasNone && (
          <RoundButton
            ref={keyboard}
            label={texts.labels.message}
            isOpen={isTyping}
            onClick={() => setIsOpen(!isTyping)}
          >
            <KeyboardIcon />
          </RoundButton>
        )}
        {isTyping && (
          // Who has been in it does not lose it to a microphone that is turned on.
          <div
            onFocus={() => setIsOpen(true)}
            className="order-first flex basis-full short:order-none short:basis-64 short:grow"
          >
            <TextBox
              onSend={onSend}
              isWanted={isOpen === true}
              onClose={hasNone ? undefined : close}
            />
          </div>
        )}
        <RoundButton label={texts.actions.hangUp} isFinal onClick={onHangUp}>
          <HangUpIcon />
        </RoundButton>
      </div>
      <CallSettings line={line} isOpen={hasSettings} onToggle={showSettings} />
    </div>
  );
}
