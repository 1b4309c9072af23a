import { isApple, KEYS } from "@/lib/keys";
import { KEY_NAMES } from "@/lib/texts";

/** The keys of a call, with what each does; where nothing hovers there is a finger and no keyboard. */
export function KeyList() {
  return (
    <dl className="mt-2 grid grid-cols-[auto_1fr] gap-x-4 gap-y-1.5 [@media(any-hover:none)]:hidden">
      {KEYS.map(({ command, keys }) => (
        <div key={command} className="contents">
          <dt>
            <kbd className="font-sans font-medium">{keys(isApple())}</kbd>
          </dt>
          <dd className="text-ink-soft">{KEY_NAMES[command]}</dd>
        </div>
      ))}
    </dl>
  );
}
