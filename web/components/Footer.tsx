import { CallBar } from "@/components/CallBar";
import { Connecting } from "@/components/Connecting";
import { EndedNotice } from "@/components/EndedNotice";
import { KeyForm } from "@/components/KeyForm";
import { Notice } from "@/components/Notice";
import { Welcome } from "@/components/Welcome";
import type { Line } from "@/hooks/line";
import type { EndedCall } from "@/hooks/useEndedCall";
import { useOnceAllowed } from "@/hooks/useOnceAllowed";
import { useTexts } from "@/hooks/useTexts";
import type { CallState } from "@/lib/call";
import { asksForKey, type Failure, type FailureCode, isMicrophoneFailure } from "@/lib/failure";
import { invitationIn } from "@/lib/invitation";
import { actionAfter, sentenceOf, type Texts } from "@/lib/texts";
import { keptTicket } from "@/lib/ticket";

interface FooterProps {
  call: CallState;
  line: Line;
  onStart: (withMicrophone: boolean) => void;
  wayBack: {
    takeBack: () => void;
    /** Into a new call with the memory of the last one; undefined where there is none. */
    goOn: (() => void) | undefined;
  };
  /** The call that was here. */
  ended: EndedCall | undefined;
  onHangUp: () => void;
  onSend: (text: string) => Promise<void>;
}

function openSecurePage(): void {
  window.location.protocol = "https:";
}

/** The same assistant, where nothing is around it. */
function openOwnTab(): void {
  window.open(`/${invitationIn(window.location.hash)}`, "_blank", "noopener");
}

/** Refusals that another try would not change. */
const WAYS_OUT: Partial<Record<FailureCode, () => void>> = {
  insecure_context: openSecurePage,
  frame_blocked: openOwnTab,
};

const goingOn = ({ actions }: Texts, goOn: (() => void) | undefined) =>
  goOn && { label: actions.goOn, onClick: goOn };

type FailureNoticeProps = { failure: Failure } & Pick<FooterProps, "onStart" | "wayBack">;

function FailureNotice({ failure, onStart, wayBack }: FailureNoticeProps) {
  const texts = useTexts();
  const talk = () => onStart(true);
  useOnceAllowed(failure.code === "permission_denied", talk);
  return (
    <Notice
      isAlert
      check={texts.check.link}
      sentence={sentenceOf(texts, failure)}
      action={actionAfter(texts, failure.code)}
      onAction={WAYS_OUT[failure.code] ?? talk}
      other={
        isMicrophoneFailure(failure.code)
          ? { label: texts.actions.typeInstead, onClick: () => onStart(false) }
          : goingOn(texts, wayBack.goOn)
      }
    />
  );
}

/** The bottom of the page: what can be done in this phase. */
export function Footer(props: FooterProps) {
  const { call, line, onStart, wayBack, ended, onHangUp, onSend } = props;
  const texts = useTexts();
  switch (call.phase) {
    case "idle":
      if (call.ending === null)
        return <Welcome onStart={() => onStart(true)} onGoOn={wayBack.goOn} />;
      return (
        <EndedNotice
          ending={call.ending}
          ended={ended}
          onAgain={() => onStart(true)}
          other={goingOn(texts, wayBack.goOn)}
        />
      );
    case "failed":
      if (asksForKey(call.failure.code)) {
        // Where it was asked for on the way back, it opens that.
        const admitted = () => (keptTicket() ? wayBack.takeBack() : onStart(true));
        return <KeyForm refusal={call.failure} onAdmitted={admitted} />;
      }
      return <FailureNotice failure={call.failure} onStart={onStart} wayBack={wayBack} />;
    case "connecting":
      return <Connecting line={line} onCancel={onHangUp} />;
    case "elsewhere":
      return (
        <Notice
          isAlert={false}
          sentence={texts.elsewhere}
          action={texts.actions.takeBack}
          onAction={wayBack.takeBack}
        />
      );
    case "live":
      return <CallBar line={line} onSend={onSend} onHangUp={onHangUp} />;
  }
}
