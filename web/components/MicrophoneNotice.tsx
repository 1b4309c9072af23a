import type { MouseEvent } from "react";

import { Status } from "@/components/Status";
import type { Microphone } from "@/hooks/useMicrophone";
import { useTexts } from "@/hooks/useTexts";
import { isUrgent } from "@/lib/microphoneSigns";
import { microphoneNotice, microphoneTroubleOf, type Texts } from "@/lib/texts";

interface Told {
  sentence: string;
  isUrgent: boolean;
  action?: string;
  onAction?: () => void;
}

/** The one sentence about the microphone that matters now, and what helps. */
function toldOf(texts: Texts, microphone: Microphone): Told | undefined {
  const { notice, signs, trouble, devices, activeId } = microphone;
  if (microphone.isOpening) {
    return microphone.isMissing
      ? { sentence: texts.states.microphone, isUrgent: false }
      : undefined;
  }
  const again = { action: texts.actions.tryAgain, onAction: microphone.turnOn };
  const read = { action: texts.actions.dismiss, onAction: microphone.dismiss };
  if (trouble) {
    const sentence = microphoneTroubleOf(texts, trouble);
    return { ...again, onAction: microphone.retry, sentence, isUrgent: true };
  }
  if (!notice) return undefined;
  const told = {
    sentence: microphoneNotice(texts, notice, signs.label, signs.replaced?.before),
    isUrgent: isUrgent(notice),
  };
  switch (notice) {
    case "talking_muted":
      return { ...told, action: texts.actions.unmuteNow, onAction: microphone.toggle };
    case "silent":
    case "call_quality": {
      const own = devices.find(({ id }) => id === activeId);
      const other = devices.find(({ groupId, label }) => label && groupId !== own?.groupId);
      const use = other && {
        action: texts.actions.takeDevice(other.label),
        onAction: () => microphone.choose(other.id),
      };
      return { ...told, ...(use ?? (notice === "silent" ? again : read)) };
    }
    case "replaced":
    case "chosen_gone":
    case "echo":
      return { ...told, ...read };
    default:
      return { ...told, ...again };
  }
}

interface MicrophoneNoticeProps {
  microphone: Microphone;
  /** What is to be told first, if anything is. */
  first: string | undefined;
}

/** What keeps the caller from being heard interrupts a screen reader; the rest waits its turn. */
export function MicrophoneNotice({ microphone, first }: MicrophoneNoticeProps) {
  const texts = useTexts();
  const told: Told | undefined = first
    ? { sentence: first, isUrgent: true }
    : toldOf(texts, microphone);
  const act = (event: MouseEvent) => {
    // With the sentence its button goes; the keyboard stays at the controls.
    event.currentTarget.closest<HTMLElement>("[role=group]")?.focus();
    told?.onAction?.();
  };
  return (
    <div className="flex flex-wrap items-center justify-center gap-x-3 text-center text-sm">
      <p role="alert" className="text-danger">
        {told?.isUrgent && told.sentence}
      </p>
      <Status className="text-ink-soft">{told?.isUrgent === false && told.sentence}</Status>
      {told?.action && (
        <button
          type="button"
          onClick={act}
          className="min-h-11 font-medium underline decoration-line decoration-2 underline-offset-4"
        >
          {told.action}
        </button>
      )}
    </div>
  );
}
