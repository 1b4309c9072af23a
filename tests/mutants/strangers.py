"""Against what is promised of strangers: their connections, lines, addresses and pages."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_WIRES = "tests/attacks/test_connections.py"
_LINES = "tests/attacks/test_lines.py"
_PROXIES = "tests/attacks/test_proxies.py"
_GUARD = "tests/bot/http/test_guard.py"
_PAGE = "tests/bot/http/page/test_page.py"
_SHARE = "One address may have no more calls at once than SESSIONS_PER_ADDRESS says."
_BELIEVED = "Of a caller's address only the proxies in TRUSTED_PROXIES are believed."
_FINISH = "A connection that does not finish is closed, whatever it is waiting with."
_FOREIGN = "A page of somebody else's can neither start nor end a call, nor read one."

_FUZZ = "tests/attacks/test_fuzz.py"
_SCHEMA = "tests/attacks/test_schema_fuzz.py::test_every_call_keeps_to_its_schema"
_KEPT = "Every call of the API takes and answers what its schema says, no more."

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="slow-reader-is-only-asked-to-go",
        promise=_FINISH,
        file="bot/http/connections.py",
        before="                    one.transport.abort()\n",
        after="                    one.transport.close()\n",
        tests=(f"{_WIRES}::test_connection_that_does_not_finish_is_closed",),
    ),
    Mutant(
        name="nobody-looks-at-connections",
        promise=_FINISH,
        file="bot/http/connections.py",
        before="if counter % _CHECK_TICKS == 0:",
        after="if counter < 0:",
        tests=(f"{_WIRES}::test_connection_that_does_not_finish_is_closed",),
    ),
    Mutant(
        name="connections-of-one-address-without-end",
        promise="One address may hold only so many connections.",
        file="bot/http/connections.py",
        before="return held > self.limits.per_network",
        after="return held > self.limits.in_all",
        tests=(f"{_WIRES}::test_one_address_takes_no_connections_from_others",),
    ),
    Mutant(
        name="newest-connection-is-turned-away",
        promise="However many wait with their requests, one that asks is answered.",
        file="bot/http/connections.py",
        before="min(idle, key=lambda one: one._since, default=self).transport.abort()",
        after="transport.abort()",
        tests=(f"{_WIRES}::test_whoever_asks_comes_before_those_who_wait",),
    ),
    Mutant(
        name="webhook-reads-first",
        promise="LiveKit's webhook takes no body of anybody else.",
        file="bot/http/api.py",
        before="        backend.tokens.check_webhook_sender(signature)\n",
        after="",
        tests=(f"{_WIRES}::test_webhook_answers_strangers_before_their_body",),
    ),
    Mutant(
        name="callers-token-opens-the-webhook",
        promise="LiveKit's webhook takes no body of anybody else.",
        file="bot/rooms/tokens.py",
        before="        if not claims.sha256:\n",
        after="        if claims is None:\n",
        tests=(f"{_WIRES}::test_webhook_answers_strangers_before_their_body",),
    ),
    Mutant(
        name="body-comes-before-the-rate",
        promise="Who has started too much is refused before the body is read.",
        file="bot/http/starts/starts.py",
        before=(
            "        self.take(visitor, guest)\n        body = await read_token_request(request)\n"
        ),
        after=(
            "        body = await read_token_request(request)\n        self.take(visitor, guest)\n"
        ),
        tests=(f"{_WIRES}::test_refused_start_is_answered_before_its_body",),
    ),
    Mutant(
        name="nobody-waits-for-callers",
        promise="A call nobody comes to is over after 20 seconds, and its line is free.",
        file="bot/rooms/sessions.py",
        before="        self._arrivals.watch(plan.session_id)\n",
        after="",
        tests=(f"{_LINES}::test_line_is_free_again_if_nobody_comes",),
    ),
    Mutant(
        name="caller-without-webhook-is-not-seen",
        promise="A call nobody comes to is over after 20 seconds, and its line is free.",
        file="bot/rooms/lines/arrivals.py",
        before="if not await self._rooms.has_caller(plan):",
        after="if plan.is_parked or True:",
        tests=(f"{_LINES}::test_caller_who_comes_in_time_stays",),
    ),
    Mutant(
        name="one-address-has-all-lines",
        promise=_SHARE,
        file="bot/rooms/lines/shares.py",
        before="if len(its) + starting >= self._most_live():",
        after="if len(its) < 0:",
        tests=(f"{_LINES}::test_one_address_never_has_all_lines",),
    ),
    Mutant(
        name="rooms-of-tokens-have-no-share",
        promise=_SHARE,
        file="bot/rooms/lines/capacity.py",
        before="beyond |= by_token & unfair",
        after="del by_token, unfair",
        tests=(f"{_LINES}::test_rooms_that_tokens_make_count_as_well",),
    ),
    Mutant(
        name="starts-at-once-are-not-counted",
        promise="One address has two calls at most that nobody has come to yet.",
        file="bot/rooms/lines/shares.py",
        before="        self._starting[network] += 1\n",
        after="        self._starting[network] += 0\n",
        tests=(f"{_LINES}::test_third_call_waits_until_one_of_two_was_joined",),
    ),
    Mutant(
        name="each-ipv6-network-is-somebody-else",
        promise="All addresses of one IPv6 customer have one share between them.",
        file="bot/networks.py",
        before="return networks_of(address)[-1]",
        after="return networks_of(address)[0]",
        tests=(f"{_LINES}::test_whole_ipv6_site_is_one_address",),
    ),
    Mutant(
        name="creating-token-lasts-ten-minutes",
        promise="A token that starts a call by joining is good for a minute.",
        file="bot/rooms/tokens.py",
        before="CREATING_TOKEN_TTL_SECS if creates_room else TOKEN_TTL_SECS",
        after="TOKEN_TTL_SECS",
        tests=(f"{_LINES}::test_token_that_makes_rooms_is_soon_over",),
    ),
    Mutant(
        name="refused-starts-push-keys-out",
        promise="A start that is repeated with its key costs no second one.",
        file="bot/http/starts/idempotency.py",
        before="            admit()\n",
        after="            self._entries[name] = _Entry(born_at=self._clock())\n"
        "            while len(self._entries) > _MOST_KEYS:\n"
        "                self._entries.popitem(last=False)\n"
        "            admit()\n",
        tests=(f"{_LINES}::test_refused_starts_make_nobodys_key_be_forgotten",),
    ),
    Mutant(
        name="no-rate-over-all",
        promise="Everybody together starts no more calls than the lines can take.",
        file="bot/http/starts/rate_limit.py",
        before="if self._over_all_per_minute is not None:\n            most",
        after="if self._over_all_per_minute is not None and not taken:\n            most",
        tests=(f"{_LINES}::test_many_addresses_share_one_rate",),
    ),
    Mutant(
        name="full-house-gives-the-links-room",
        promise="The room behind the printed link is kept for it.",
        file="bot/rooms/parking.py",
        before="not (is_last_bot and len(usable) > keep)",
        after="not (is_last_bot and usable)",
        tests=(f"{_LINES}::test_full_house_keeps_the_room_of_the_join_link",),
    ),
    Mutant(
        name="listener-ends-the-call",
        promise="A call is seen and ended only by its own caller.",
        file="bot/rooms/own_session.py",
        before="if claims.identity != caller_identity_of(plan.session_id):",
        after="if not claims.identity:",
        tests=(f"{_LINES}::test_listener_neither_ends_nor_watches",),
    ),
    Mutant(
        name="first-address-of-the-list-counts",
        promise=_BELIEVED,
        file="bot/http/visitors.py",
        before="for hop in reversed(hops[-_MOST_HOPS:]):",
        after="for hop in hops[:_MOST_HOPS]:",
        tests=(f"{_PROXIES}::test_last_address_that_is_no_proxy_of_ours_counts",),
    ),
    Mutant(
        name="either-header-is-believed",
        promise=_BELIEVED,
        file="bot/http/visitors.py",
        before="return said.pop() if len(said) == 1 else peer",
        after="return said.pop() if said else peer",
        tests=(f"{_PROXIES}::test_header_that_the_proxy_did_not_write_forges_nothing",),
    ),
    Mutant(
        name="uvicorn-trusts-by-itself",
        promise=_BELIEVED,
        file="bot/http/server.py",
        before="        proxy_headers=False,\n",
        after="",
        tests=(f"{_PROXIES}::test_nothing_in_the_environment_makes_anybody_trusted",),
    ),
    Mutant(
        name="every-name-is-known-on-the-network",
        promise=_FOREIGN,
        file="bot/http/origins.py",
        before="return _is_address(name) and not self._is_local",
        after="return not self._is_local",
        tests=(f"{_GUARD}::test_foreign_name_is_refused_on_every_address",),
    ),
    Mutant(
        name="public-page-is-a-stranger",
        promise="Behind a proxy the page at PUBLIC_URL is the server's own.",
        file="bot/http/origins.py",
        before="return place == self._public",
        after="return False",
        tests=(f"{_GUARD}::test_page_at_the_public_address_is_its_own",),
    ),
    Mutant(
        name="picture-makes-a-token",
        promise="A picture or a link on another site makes no token.",
        file="bot/http/guard.py",
        before="if path in MINTING_GETS and",
        after="if path == method and",
        tests=(f"{_GUARD}::test_cross_site_get_mints_nothing",),
    ),
    Mutant(
        name="caller-gets-the-runners-address",
        promise="A caller is sent to LIVEKIT_PUBLIC_URL if it is set.",
        file="bot/http/api.py",
        before="settings.livekit_public_url or backend.livekit.url",
        after="backend.livekit.url",
        tests=(f"{_PAGE}::test_callers_get_the_public_address_of_livekit",),
    ),
    Mutant(
        name="any-inline-style-is-allowed",
        promise="The page runs no script and no style that was not built with it.",
        file="bot/http/page/page.py",
        before="""styles = ["'self'", """,
        after="""styles = ["'self'", "'unsafe-inline'", """,
        tests=(f"{_PAGE}::test_inline_styles_are_allowed_by_their_hash_alone",),
    ),
    Mutant(
        name="password-goes-to-every-caller",
        promise="An address that strangers get to see holds no password.",
        file="bot/setting_checks.py",
        before="if parts.username is not None or parts.password is not None:",
        after="if parts.username == parts.password == parts.netloc:",
        tests=("tests/bot/test_setting_checks.py::test_public_address_has_no_password",),
    ),
    Mutant(
        name="strangers-see-how-full-the-house-is",
        promise="Strangers learn from GET /api/health whether it works, no more.",
        file="bot/http/api.py",
        before='else {"status"}',
        after="else None",
        tests=(f"{_LINES}::test_health_tells_strangers_nothing_but_whether_it_works",),
    ),
    Mutant(
        name="strange-body-breaks-the-server",
        promise="Whatever bytes are sent, the server goes on as before.",
        file="bot/http/body.py",
        before="    except ValidationError as error:",
        after="    except ZeroDivisionError as error:",
        tests=(f"{_FUZZ}::test_no_request_breaks_the_server",),
    ),
    Mutant(
        name="body-that-is-needed-and-missing-breaks-the-call",
        promise=_KEPT,
        file="bot/http/body.py",
        before='    try:\n        return kind.model_validate_json(raw or b"{}")',
        after="    if not raw:\n        return kind()\n    try:\n"
        "        return kind.model_validate_json(raw)",
        tests=(_SCHEMA,),
    ),
    Mutant(
        name="refusal-that-nobody-declared",
        promise=_KEPT,
        file="bot/http/errors.py",
        before='"join_link_used": 410,',
        after='"join_link_used": 418,',
        tests=(_SCHEMA,),
    ),
    Mutant(
        name="strange-message-breaks-the-channel",
        promise="Whatever is sent on the session channel, the call goes on.",
        file="processors/agent_protocol/session_channel.py",
        before="        if message.is_too_long:\n            return\n        try:",
        after="        try:",
        tests=(
            "tests/processors/agent_protocol/test_session_channel.py::"
            "test_a_request_that_is_cut_off_is_none_though_it_could_be_read",
            f"{_FUZZ}::test_no_message_breaks_the_session_channel",
        ),
    ),
    Mutant(
        name="any-token-of-the-room-ends-the-call",
        promise="A token allows what it is for, and nothing else.",
        file="bot/rooms/own_session.py",
        before="if claims.identity != caller_identity_of(plan.session_id):",
        after="if not claims.identity:",
        tests=(
            "tests/attacks/test_token_matrix.py::"
            "test_a_token_allows_what_it_is_for_and_nothing_else",
        ),
    ),
)
