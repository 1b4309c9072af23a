import { useTexts } from "@/hooks/useTexts";
import { isApple, KEYS } from "@/lib/keys";

/** The keys of a call, with what each does; where nothing hovers there is a finger and no keyboard. */
export function KeyList() {
  const { keys: words } = useTexts();
  return (
    <dl className="mt-2 grid grid-cols-[auto_1fr] gap-x-4 gap-y-1.5 [@media(any-hover:none)]:hidden">
      {KEYS.map(({ command, keys }) => (
        <div key={command} className="contents">
          <dt>
            <kbd className="font-sans font-medium">{keys(isApple(), words.caps)}</kbd>
          </dt>
          <dd className="text-ink-soft">{words.does[command]}</dd>
        </div>
      ))}
    </dl>
  );
}
