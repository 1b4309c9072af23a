import { useTexts } from "@/hooks/useTexts";
import type { useTextSize } from "@/hooks/useTextSize";
import { TEXT_SIZES } from "@/lib/preferences";

/** How large the conversation is written. */
export function TextSizes({ size, choose }: ReturnType<typeof useTextSize>) {
  const { record } = useTexts();
  return (
    <div role="group" aria-label={record.textSize} className="flex gap-1 px-1 py-1">
      {TEXT_SIZES.map((each) => (
        <button
          key={each}
          type="button"
          aria-pressed={each === size}
          onClick={() => choose(each)}
          className="min-h-11 grow rounded-lg text-sm hover:bg-surface aria-pressed:bg-surface aria-pressed:font-semibold"
        >
          {record.textSizes[each]}
        </button>
      ))}
    </div>
  );
}
