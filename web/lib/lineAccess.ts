import { accessHeaders, inviteOf } from "@/lib/access";
import { ApiError, isRecord, post } from "@/lib/http";

/** Opens a room in which nobody is, so that the line can be tried. */
export interface LineAccess {
  url: string;
  token: string;
}

/** Whoever was invited shows it, also before the first call: a check uses nothing of it up. */
export async function askForLine(apiUrl: string): Promise<LineAccess> {
  const invite = inviteOf(window.location.hash);
  const headers = invite === undefined ? accessHeaders() : { Authorization: `Bearer ${invite}` };
  const { body } = await post(`${apiUrl}/api/check`, { body: {}, headers });
  const { server_url: url, participant_token: token } = isRecord(body) ? body : {};
  if (typeof url === "string" && typeof token === "string") return { url, token };
  throw new ApiError("bad_answer", "The answer opens no room.");
}
