/** The conversation as one list: what both sides said, and what the bot did between the words. */

import { type Caption, type CaptionEvent, captionsReducer } from "@/lib/captions";
import { type ToolCall, type ToolEvent, toolReducer } from "@/lib/toolCalls";

/** A call stays under the words that were the newest when it began. */
interface PlacedTool {
  call: ToolCall;
  afterCaptionId: string | undefined;
}

export interface Transcript {
  captions: readonly Caption[];
  tools: readonly PlacedTool[];
}

export type TranscriptEvent = CaptionEvent | ToolEvent;
type Entry = { kind: "caption"; caption: Caption } | { kind: "tool"; call: ToolCall };

export const EMPTY_TRANSCRIPT: Transcript = { captions: [], tools: [] };

/** A call of an hour has dozens; beyond this the oldest go. */
const MAX_TOOLS = 200;

export function transcriptReducer(transcript: Transcript, event: TranscriptEvent): Transcript {
  switch (event.type) {
    case "cleared":
      return EMPTY_TRANSCRIPT;
    case "text":
    case "closed":
    case "typed":
    case "kept":
      return { ...transcript, captions: captionsReducer(transcript.captions, event) };
    default:
      return { ...transcript, tools: withTool(transcript, event) };
  }
}

function withTool({ captions, tools }: Transcript, event: ToolEvent): readonly PlacedTool[] {
  const known = tools.find(({ call }) => call.id === event.id);
  const call = toolReducer(known?.call, event);
  if (!call) return tools;
  if (known) return tools.map((tool) => (tool === known ? { ...tool, call } : tool));
  return [...tools, { call, afterCaptionId: captions.at(-1)?.id }].slice(-MAX_TOOLS);
}

/** Everything in the order in which it began; a call whose words were withdrawn goes to the end. */
export function entriesOf({ captions, tools }: Transcript): Entry[] {
  const ids = new Set(captions.map((caption) => caption.id));
  const toolsAfter = (id: string | undefined): Entry[] =>
    tools
      .filter((tool) => tool.afterCaptionId === id)
      .map(({ call }) => ({ kind: "tool", call }) as const);
  const lost = tools.filter(({ afterCaptionId: id }) => id !== undefined && !ids.has(id));
  return [
    ...toolsAfter(undefined),
    ...captions.flatMap((caption): Entry[] => [
      { kind: "caption", caption },
      ...toolsAfter(caption.id),
    ]),
    ...lost.map(({ call }): Entry => ({ kind: "tool", call })),
  ];
}
