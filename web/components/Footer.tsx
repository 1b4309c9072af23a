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
import type { NewCall, Wanted } from "@/lib/callRequest";
import { asksForKey } from "@/lib/door";
import { type Failure, isMicrophoneFailure, isUnpermitted } from "@/lib/failure";
import { actionAfter, isAnotherTry, sentenceOf, type Texts } from "@/lib/texts";
import { keptTicket } from "@/lib/ticket";
import { wayOut } from "@/lib/waysOut";

interface FooterProps {
  call: CallState;
  line: Line;
  wanted: Wanted;
  ways: {
    start: () => void;
    tryAgain: (change?: Pick<NewCall, "withMicrophone">) => void;
    takeBack: () => void;
    /** Into a new call with the memory of the last one; undefined where there is none. */
    goOn: (() => void) | undefined;
  };
  /** The call that was here. */
  ended: EndedCall | undefined;
  onHangUp: () => void;
  onSend: (text: string) => void;
}

/** What was refused on the way back into a call leads back into it. */
const repeating = (ways: FooterProps["ways"]) => () =>
  keptTicket() ? ways.takeBack() : ways.tryAgain();

function goingOn(
  { actions }: Texts,
  { ways: { goOn }, ended }: Pick<FooterProps, "ways" | "ended">,
) {
  const label = ended?.isAfterLast ? actions.goOnEarlier : actions.goOn;
  return goOn && { label, onClick: goOn };
}

type FailureNoticeProps = { failure: Failure } & Pick<FooterProps, "wanted" | "ways" | "ended">;

/** What else there is beside what helps. */
function otherWay(texts: Texts, props: FailureNoticeProps) {
  const { failure, wanted, ways } = props;
  const { actions } = texts;
  if (isMicrophoneFailure(failure.code)) {
    const type = () => ways.tryAgain({ withMicrophone: false });
    return { label: actions.typeInstead, onClick: type };
  }
  const isAnew = !("kept" in wanted) && wanted.continues === undefined;
  if (isAnew || !isAnotherTry(failure.code)) return goingOn(texts, props);
  return { label: actions.startFresh, onClick: ways.start };
}

function FailureNotice(props: FailureNoticeProps) {
  const { failure, ways } = props;
  const texts = useTexts();
  const repeat = repeating(ways);
  useOnceAllowed(isUnpermitted(failure.code), repeat);
  return (
    <Notice
      isAlert
      check={texts.check.link}
      sentence={sentenceOf(texts, failure)}
      action={actionAfter(texts, failure.code)}
      onAction={wayOut(failure.code) ?? (isAnotherTry(failure.code) ? repeat : ways.start)}
      other={otherWay(texts, props)}
    />
  );
}

/** The bottom of the page: what can be done in this phase. */
export function Footer(props: FooterProps) {
  const { call, line, wanted, ways, ended, onHangUp, onSend } = props;
  const texts = useTexts();
  switch (call.phase) {
    case "idle":
      if (call.ending === null) return <Welcome onStart={ways.start} onGoOn={ways.goOn} />;
      return (
        <EndedNotice
          ending={call.ending}
          ended={ended}
          onAgain={ways.start}
          other={goingOn(texts, props)}
        />
      );
    case "failed":
      if (asksForKey(call.failure.code)) {
        return <KeyForm refusal={call.failure} onAdmitted={repeating(ways)} />;
      }
      return <FailureNotice failure={call.failure} {...{ wanted, ways, ended }} />;
    case "connecting":
      return <Connecting line={line} onCancel={onHangUp} />;
    case "elsewhere":
      return (
        <Notice
          isAlert={false}
          sentence={texts.elsewhere}
          action={texts.actions.takeBack}
          onAction={ways.takeBack}
        />
      );
    case "live":
      return <CallBar line={line} onSend={onSend} onHangUp={onHangUp} />;
  }
}
