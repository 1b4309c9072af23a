/** One-time join links: the address ends with `#join=CODE`. */

const JOIN_FRAGMENT = /^#join=([\w-]{1,128})$/;

export function joinCodeOf(fragment: string): string | undefined {
  return JOIN_FRAGMENT.exec(fragment)?.[1];
}

/** What a link was good for must not stay in the address bar, the history or a bookmark. */
export function forgetLink(): void {
  const { pathname, search } = window.location;
  window.history.replaceState(window.history.state, "", pathname + search);
}
