"""What one visitor of the page says and hears, recorded in the page, and when they clicked."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.recording import Recording
from bench.sound import SAMPLE_RATE_HZ, USER_LOUD, samples_of

_FRAME_BYTES = 320
_BETWEEN_QUESTIONS_SECS = 2.5
"""A pause within a question is shorter, one between two is longer."""

RECORD = """
    const tape = window.tape = { said: [], heard: [], beganMs: Infinity, marks: {} };
    const code = `registerProcessor("tape", class extends AudioWorkletProcessor {
        constructor() { super(); this.sides = [[], []]; }
        process(inputs) {
            inputs.forEach((side, at) => this.sides[at].push(...(side[0] ?? Array(128).fill(0))));
            if (this.sides[0].length < 1600) return true;
            this.port.postMessage([currentFrame + 128, ...this.sides]);
            this.sides = [[], []];
            return true;
        }
    });`;
    const record = async () => {
        const context = new AudioContext({ sampleRate: 16000 });
        await context.audioWorklet.addModule(
            URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
        const node = new AudioWorkletNode(context, "tape", { numberOfInputs: 2 });
        node.connect(context.destination);
        let first;
        node.port.onmessage = ({ data: [end, said, heard] }) => {
            first ??= end - said.length;
            tape.said.push(...said);
            tape.heard.push(...heard);
            // Messages may be late, and are never early.
            const beganMs = performance.now() - (end - first) / 16;
            tape.beganMs = Math.min(tape.beganMs, beganMs);
        };
        return (side, stream) => context.createMediaStreamSource(stream).connect(node, 0, side);
    };
    let recorder;
    const take = (side, stream) => (recorder ??= record()).then((connect) => connect(side, stream));
    const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (wish) => {
        const stream = await open(wish);
        void take(0, stream);
        return stream;
    };
    window.RTCPeerConnection = class extends RTCPeerConnection {
        constructor(...given) {
            super(...given);
            this.addEventListener("track", ({ track }) => {
                if (track.kind === "audio") void take(1, new MediaStream([track]));
            });
        }
    };
    const mark = (name) => { tape.marks[name] ??= performance.now(); };
    document.addEventListener("click", () => mark("click"), true);
    new MutationObserver(() => {
        const words = document.querySelector(".voice-words")?.textContent ?? "";
        if (words.startsWith("Go ahead")) mark("speakNow");
    }).observe(document, { subtree: true, childList: true, characterData: true });
"""
"""Before anything of the page runs. The page's policy would not let a recorder in."""

READ = """() => {
    const { said, heard, beganMs, marks } = window.tape;
    const packed = (samples) => {
        const bytes = new Uint8Array(Int16Array.from(samples, (one) =>
            Math.max(-1, Math.min(1, one)) * 32767).buffer);
        let text = "";
        for (let at = 0; at < bytes.length; at += 32768)
            text += String.fromCharCode(...bytes.subarray(at, at + 32768));
        return btoa(text);
    };
    return { said: packed(said), heard: packed(heard), beganMs, marks };
}"""


@dataclass(frozen=True)
class Tape:
    """A whole visit. Times are seconds since the recording began."""

    said: bytes
    heard: Recording
    began_ms: float
    """On the page's clock, as the marks are."""
    marks_ms: dict[str, float]
    """`click` and `speakNow`, where it happened."""

    @classmethod
    def of(cls, read: dict[str, Any]) -> Tape:
        """Return it from what `READ` gives."""
        heard, pcm = Recording(), base64.b64decode(read["heard"])
        for at in range(0, len(pcm), _FRAME_BYTES):
            frame = pcm[at : at + _FRAME_BYTES]
            heard.append(frame, arrived_secs=(at + len(frame)) / 2 / SAMPLE_RATE_HZ)
        return cls(base64.b64decode(read["said"]), heard, read["beganMs"], read["marks"])

    def question_ends_secs(self) -> list[float]:
        """Return when each question's last sample above -50 dBFS was."""
        loud = np.flatnonzero(np.abs(samples_of(self.said).astype(np.int32)) > USER_LOUD)
        if loud.size == 0:
            return []
        is_last = np.append(np.diff(loud) > _BETWEEN_QUESTIONS_SECS * SAMPLE_RATE_HZ, True)
        return [float(index) / SAMPLE_RATE_HZ for index in loud[is_last]]

    def ms_after_click(self, at_secs: float) -> float:
        """Return how long after the click this was."""
        return self.began_ms + at_secs * 1000 - self.marks_ms["click"]
