import { useCallback, useEffect, useReducer, useState } from "react";

import { checkServerAndLine } from "@/hooks/serverCheck";
import { playChosenTone, recordSample } from "@/hooks/soundCheck";
import {
  checkBrowser,
  type CheckName,
  type CheckResult,
  type CheckResults,
  found,
  NOTHING_CHECKED,
} from "@/lib/check";
import { failureOf } from "@/lib/failure";
import { causeOf } from "@/lib/permission";

/** A microphone in a quiet room is louder; one that is muted by a switch is not. */
const SILENCE = 0.01;

type Event = { name: CheckName; result: CheckResult } | "begun";

function fold(results: CheckResults, event: Event): CheckResults {
  return event === "begun" ? NOTHING_CHECKED : { ...results, [event.name]: event.result };
}

/** Looks at everything a call needs; what only ears can tell is asked. */
export function useChecks() {
  const [results, dispatch] = useReducer(fold, NOTHING_CHECKED);
  const [level, setLevel] = useState(0);
  const [sampleUrl, setSampleUrl] = useState<string>();
  const [isRunning, setIsRunning] = useState(false);

  useEffect(() => () => void (sampleUrl && URL.revokeObjectURL(sampleUrl)), [sampleUrl]);

  const report = useCallback(
    (name: CheckName, result: CheckResult) => dispatch({ name, result }),
    [],
  );

  const checkMicrophone = useCallback(async () => {
    report("microphone", { status: "running" });
    try {
      const { peak, url, device } = await recordSample(setLevel);
      setSampleUrl(url);
      const note = `${device}, peak ${peak.toFixed(2)}`;
      report(
        "microphone",
        peak > SILENCE
          ? found("good", "microphone_ok", note)
          : found("bad", "microphone_silent", note),
      );
    } catch (error) {
      report("microphone", found("bad", failureOf(await causeOf(error)).code));
    }
  }, [report]);

  const checkServer = useCallback(() => checkServerAndLine(report), [report]);

  const start = useCallback(async () => {
    dispatch("begun");
    setSampleUrl(undefined);
    setIsRunning(true);
    const browser = checkBrowser(window);
    report("browser", browser);
    const needsMicrophone = browser.finding !== "insecure_context";
    if (!needsMicrophone) report("microphone", found("skipped", "insecure_context"));
    await Promise.all([needsMicrophone && checkMicrophone(), checkServer()]);
    setIsRunning(false);
  }, [report, checkMicrophone, checkServer]);

  const tone = useCallback(async () => {
    report("speaker", { status: "running" });
    await playChosenTone().catch(() => report("speaker", found("bad", "speaker_silent")));
  }, [report]);

  const heard = useCallback(
    (isHeard: boolean) =>
      report("speaker", isHeard ? found("good", "speaker_ok") : found("bad", "speaker_silent")),
    [report],
  );

  const checkServerAlone = useCallback(async () => {
    setIsRunning(true);
    await checkServer();
    setIsRunning(false);
  }, [checkServer]);

  return {
    results,
    level,
    sampleUrl,
    isRunning,
    start,
    checkServer: checkServerAlone,
    tone,
    heard,
  };
}
