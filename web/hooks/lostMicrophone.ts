import { devicesOf } from "@/lib/devices";
import type { Loss } from "@/lib/microphoneSigns";
import { microphonePermission } from "@/lib/permission";

interface Losing {
  onLost: (loss: Loss) => void;
  /** Something has changed for the better: perhaps it can be had again. */
  onHope: () => void;
}

/** Says why the microphone is gone, and when to try again, until the function it returns is called. */
export function explainLoss({ onLost, onHope }: Losing): () => void {
  const over = new AbortController();
  const { signal } = over;
  const explain = async () => {
    const permission = await microphonePermission();
    const loss = await lossOf(permission);
    if (signal.aborted) return;
    onLost(loss);
    const look = async () => {
      const isHopeful = (await lossOf(permission)) === "taken";
      if (isHopeful && !signal.aborted) onHope();
    };
    const onChange = () => void look();
    permission?.addEventListener("change", onChange, { signal });
    navigator.mediaDevices.addEventListener("devicechange", onChange, { signal });
  };
  void explain();
  return () => over.abort();
}

async function lossOf(permission: PermissionStatus | undefined): Promise<Loss> {
  if (permission?.state === "denied") return "blocked";
  return (await devicesOf("audioinput")).length > 0 ? "taken" : "none_left";
}
