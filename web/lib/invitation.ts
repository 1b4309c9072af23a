/** A link that somebody was sent, for as long as what it holds has not been used. */

import { inviteOf } from "@/lib/access";
import { joinCodeOf } from "@/lib/joinLink";

/** The part of the address that lets in; empty where there is none. */
export function invitationIn(fragment: string): string {
  const isOne = joinCodeOf(fragment) !== undefined || inviteOf(fragment) !== undefined;
  return isOne ? fragment : "";
}
