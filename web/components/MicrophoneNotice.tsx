import type { MouseEvent } from "react";

import { Status } from "@/components/Status";
import type { Microphone } from "@/hooks/useMicrophone";
import { useTexts } from "@/hooks/useTexts";
import { isUrgent } from "@/lib/microphoneSigns";
import { microphoneNotice, microphoneTroubleOf, type Texts } from "@/lib/texts";

interface Way {
  action: string;
  onAction: () => void;
}

interface Told {
  sentence: string;
  isUrgent: boolean;
  /** What helps, and what else there is. */
  ways: readonly Way[];
}

/** The one sentence about the microphone that matters now, and what helps. */
function toldOf(texts: Texts, microphone: Microphone): Told | undefined {
  const { notice, signs, trouble, devices, activeId } = microphone;
  if (microphone.isOpening) {
    return microphone.isMissing
      ? { sentence: texts.states.microphone, isUrgent: false, ways: [] }
      : undefined;
  }
  const again = { action: texts.actions.tryAgain, onAction: microphone.turnOn };
  const read = { action: texts.actions.dismiss, onAction: microphone.dismiss };
  if (trouble) {
    const sentence = microphoneTroubleOf(texts, trouble);
    // Who types, or talks through the one before, needs no other try.
    const ways = [{ ...again, onAction: microphone.retry }, read];
    return { sentence, isUrgent: true, ways };
  }
  if (!notice) return undefined;
  const told = {
    sentence: microphoneNotice(texts, notice, signs.label, signs.replaced?.before),
    isUrgent: isUrgent(notice),
  };
  const helpedBy = (way: Way): Told => ({ ...told, ways: [way] });
  switch (notice) {
    case "talking_muted":
      return helpedBy({ action: texts.actions.unmuteNow, onAction: microphone.toggle });
    case "silent":
    case "call_quality": {
      const own = devices.find(({ id }) => id === activeId);
      const other = devices.find(({ groupId, label }) => label && groupId !== own?.groupId);
      const use = other && {
        action: texts.actions.takeDevice(other.label),
        onAction: () => microphone.choose(other.id),
      };
      return helpedBy(use ?? (notice === "silent" ? again : read));
    }
    case "replaced":
    case "chosen_gone":
    case "echo":
      return helpedBy(read);
    default:
      return helpedBy(again);
  }
}

/** What keeps the caller from being heard interrupts a screen reader; the rest waits its turn. */
export function MicrophoneNotice({ microphone }: { microphone: Microphone }) {
  const texts = useTexts();
  const told = toldOf(texts, microphone);
  const act = (event: MouseEvent, { onAction }: Way) => {
    // With the sentence its button goes; the keyboard stays at the controls.
    event.currentTarget.closest<HTMLElement>("[role=group]")?.focus();
    onAction();
  };
  return (
    <div className="flex flex-wrap items-center justify-center gap-x-3 text-center text-sm">
      <p role="alert" className="wrap-anywhere text-danger">
        {told?.isUrgent && told.sentence}
      </p>
      <Status className="wrap-anywhere text-ink-soft">
        {told?.isUrgent === false && told.sentence}
      </Status>
      {told?.ways.map((way) => (
        <button
          key={way.action}
          type="button"
          onClick={(event) => act(event, way)}
          className="min-h-11 font-medium wrap-anywhere underline decoration-line decoration-2 underline-offset-4"
        >
          {way.action}
        </button>
      ))}
    </div>
  );
}
