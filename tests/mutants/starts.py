"""Against what is promised of starts and the HTTP API."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_API = "tests/bot/http/test_api.py"
_AGAIN = "tests/bot/http/test_repeated_starts.py"
_IDEM = "tests/bot/http/starts/test_idempotency.py"
_ROOMS = "tests/bot/rooms/test_rooms.py"
_ENDPOINT = "tests/bot/http/starts/test_token_endpoint.py"
_GUARD = "tests/bot/http/test_guard.py"
_SESS = "tests/bot/rooms/test_sessions.py"
_LINK = "tests/bot/rooms/test_join_link.py"
_TOK = "tests/bot/rooms/test_tokens.py"
_PAGE = "tests/bot/http/page/test_page.py"
_SERVER = "tests/bot/http/test_server.py"
_CHECK = "tests/bot/http/test_webhook_check.py"

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="second-start-with-the-same-key",
        promise="A start that is repeated with its key costs no second one.",
        file="bot/http/starts/idempotency.py",
        before="                if entry.answer is None:\n                    entry.answer",
        after="                if True:\n                    entry.answer",
        tests=(f"{_API}::test_simultaneous_duplicates_share_one_start",),
    ),
    Mutant(
        name="key-is-not-read",
        promise="A start that is repeated with its key costs no second one.",
        file="bot/http/starts/starts.py",
        before='key = request.headers.get("idempotency-key")\n        if',
        after='key = request.headers.get("x-idempotency-key")\n        if',
        tests=(f"{_API}::test_simultaneous_duplicates_share_one_start",),
    ),
    Mutant(
        name="repetition-counts-as-a-start",
        promise="A start that is repeated with its key costs no second one.",
        file="bot/http/starts/starts.py",
        before="        if key is None:\n            self.take(visitor, guest)\n",
        after="        self.take(visitor, guest)\n        if key is None:\n",
        tests=(f"{_AGAIN}::test_repetitions_take_nothing_from_what_an_address_may_start",),
    ),
    Mutant(
        name="key-is-forgotten-after-seconds",
        promise="A start that is repeated with its key costs no second one.",
        file="bot/http/starts/idempotency.py",
        before="_REMEMBERED_SECS = 300.0",
        after="_REMEMBERED_SECS = 30.0",
        tests=(f"{_IDEM}::test_answer_is_remembered_for_minutes_and_forgotten_then",),
    ),
    Mutant(
        name="start-under-way-is-forgotten",
        promise="A start that is repeated with its key costs no second one.",
        file="bot/http/starts/idempotency.py",
        before="if entry.answer is not None]",
        after="if entry]",
        tests=(f"{_IDEM}::test_start_under_way_is_not_forgotten_however_many_others_come",),
    ),
    Mutant(
        name="same-key-at-once-starts-twice",
        promise="A start that is repeated with its key costs no second one.",
        file="bot/http/starts/idempotency.py",
        before="async with entry.lock:",
        after="async with asyncio.Lock():",
        tests=(f"{_AGAIN}::test_repetitions_take_one_place_and_one_parked_room",),
    ),
    Mutant(
        name="start-sends-for-two-bots",
        promise="One start makes one room, with one bot in it.",
        file="bot/rooms/plan.py",
        before="            agents=[self.dispatch()],\n        )\n\n    def configuration",
        after=(
            "            agents=[self.dispatch(), self.dispatch()],\n"
            "        )\n"
            "\n"
            "    def configuration"
        ),
        tests=(f"{_ROOMS}::test_creating_a_room_brings_exactly_one_warm_bot",),
    ),
    Mutant(
        name="token-sends-for-a-bot",
        promise="A room whose session has ended is deleted and gets no other bot.",
        file="bot/rooms/plan.py",
        before="            departure_timeout=self._departure_timeout_secs,\n        )\n",
        after=(
            "            departure_timeout=self._departure_timeout_secs,\n"
            "            agents=[self.dispatch()],\n"
            "        )\n"
        ),
        tests=("tests/bot/rooms/test_tokens.py::test_token_that_makes_its_room_sends_for_no_bot",),
    ),
    Mutant(
        name="token-makes-no-room",
        promise="One start makes one room, with one bot in it.",
        file="bot/rooms/tokens.py",
        before="        if creates_room:\n            token",
        after="        if not creates_room:\n            token",
        tests=(f"{_ENDPOINT}::test_each_token_makes_a_room_of_its_own_and_sends_for_no_bot",),
    ),
    Mutant(
        name="each-repetition-of-a-failed-start-starts",
        promise="A start that failed may be repeated with its key, and then is one start.",
        file="bot/http/starts/idempotency.py",
        before=("            async with entry.lock:\n                if entry.answer is None:\n"),
        after=("            if entry.answer is None:\n                async with entry.lock:\n"),
        tests=(f"{_AGAIN}::test_repetitions_of_a_start_that_fails_are_one_start",),
    ),
    Mutant(
        name="two-visitors-share-a-key",
        promise="Two visitors who choose the same key never get one call between them.",
        file="bot/http/starts/starts.py",
        before="(networks_of(visitor.address)[0], guest.mark, guest.person)",
        after="(guest.mark, guest.person)",
        tests=(f"{_AGAIN}::test_same_key_from_another_address_is_another_visitor",),
    ),
    Mutant(
        name="listed-page-may-not-ask-about-its-call",
        promise="A page named in ALLOWED_ORIGINS can make every call of the API.",
        file="bot/http/guard.py",
        before='"Authorization, Content-Type, Idempotency-Key, X-Sandbox-ID"',
        after='"Content-Type, Idempotency-Key, X-Sandbox-ID"',
        tests=(f"{_GUARD}::test_preflight_of_a_listed_page_is_granted",),
    ),
    Mutant(
        name="starter-pages-may-not-ask",
        promise="A page named in ALLOWED_ORIGINS can make every call of the API.",
        file="bot/http/guard.py",
        before=", X-Sandbox-ID",
        after="",
        tests=(f"{_GUARD}::test_preflight_of_a_listed_page_is_granted",),
    ),
    Mutant(
        name="listed-page-may-not-end-its-call",
        promise="A page named in ALLOWED_ORIGINS can make every call of the API.",
        file="bot/http/guard.py",
        before='"GET, POST, DELETE"',
        after='"GET, POST"',
        tests=(f"{_GUARD}::test_preflight_of_a_listed_page_is_granted",),
    ),
    Mutant(
        name="listed-page-does-not-learn-when-to-try-again",
        promise="A page named in ALLOWED_ORIGINS can make every call of the API.",
        file="bot/http/guard.py",
        before='answer["Access-Control-Expose-Headers"] = "Retry-After"',
        after='answer["Access-Control-Expose-Headers"] = "Date"',
        tests=(f"{_GUARD}::test_listed_page_can_read_refusals_and_when_to_try_again",),
    ),
    Mutant(
        name="origin-that-ends-alike-is-our-own",
        promise="A page of somebody else's can neither start nor end a call, nor read one.",
        file="bot/http/origins.py",
        before='return place in _Place.of_host(headers.get("host", ""))',
        after='return headers.get("host", "").startswith(place.host)',
        tests=(f"{_GUARD}::test_other_pages_start_and_end_nothing",),
    ),
    Mutant(
        name="every-page-may-end-calls",
        promise="A page of somebody else's can neither start nor end a call, nor read one.",
        file="bot/http/guard.py",
        before='("GET", "HEAD", "OPTIONS")',
        after='("GET", "HEAD", "OPTIONS", "DELETE")',
        tests=(f"{_GUARD}::test_other_pages_start_and_end_nothing",),
    ),
    Mutant(
        name="every-page-may-read-answers",
        promise="A page of somebody else's can neither start nor end a call, nor read one.",
        file="bot/http/guard.py",
        before="if is_api and is_listed and origin:",
        after="if is_api and origin:",
        tests=(f"{_GUARD}::test_other_pages_cannot_read_answers",),
    ),
    Mutant(
        name="foreign-names-lead-to-localhost",
        promise="A page of somebody else's can neither start nor end a call, nor read one.",
        file="bot/http/origins.py",
        before="return _is_address(name) and not self._is_local",
        after="return not self._is_local or _is_address(name)",
        tests=(f"{_GUARD}::test_foreign_name_for_this_machine_is_refused",),
    ),
    Mutant(
        name="caller-gets-the-http-address",
        promise="A caller is sent to LiveKit by the address of its socket.",
        file="bot/http/api.py",
        before=(
            "as_websocket_url(\n        settings.livekit_public_url or backend.livekit.url\n    )"
        ),
        after="settings.livekit_public_url or backend.livekit.url",
        tests=(f"{_SESS}::test_caller_is_sent_to_livekit_by_a_socket",),
    ),
    Mutant(
        name="secure-address-is-no-socket",
        promise="A caller is sent to LiveKit by the address of its socket.",
        file="bot/livekit/mark.py",
        before='{"http": "ws", "https": "wss"}',
        after='{"http": "ws"}',
        tests=(f"{_SESS}::test_caller_is_sent_to_livekit_by_a_socket",),
    ),
    Mutant(
        name="link-is-lost-on-the-way",
        promise="The printed link is good for one start, within ten minutes.",
        file="bot/http/starts/starts.py",
        before="join_code=body.join_code",
        after="join_code=None",
        tests=(f"{_API}::test_join_link_opens_a_parked_room_once",),
    ),
    Mutant(
        name="link-is-good-for-a-minute",
        promise="The printed link is good for one start, within ten minutes.",
        file="bot/rooms/join_link.py",
        before="_LIFETIME_SECS = 600.0",
        after="_LIFETIME_SECS = 60.0",
        tests=(f"{_LINK}::test_code_is_too_old_after_ten_minutes",),
    ),
    Mutant(
        name="drain-refuses-nothing",
        promise="A runner that is being stopped starts no more calls.",
        file="bot/http/backend.py",
        before="        self.sessions.drain()\n",
        after="",
        tests=(f"{_API}::test_draining_refuses_starts_and_tokens",),
    ),
    Mutant(
        name="drain-gives-tokens-away",
        promise="A runner that is being stopped starts no more calls.",
        file="bot/rooms/sessions.py",
        before="        self._check()\n        with self._shares",
        after="        with self._shares",
        tests=(f"{_API}::test_draining_refuses_starts_and_tokens",),
    ),
    Mutant(
        name="any-callers-token-ends-a-call",
        promise="A call is seen and ended only by its own caller.",
        file="bot/rooms/tokens.py",
        before="if claims.video.room != room_name:",
        after="if not claims.video.room:",
        tests=(
            "tests/attacks/test_lines.py::"
            "test_the_callers_name_in_another_room_neither_ends_nor_watches",
        ),
    ),
    Mutant(
        name="end-asks-for-no-token",
        promise="A call is seen and ended only by its own caller.",
        file="bot/rooms/own_session.py",
        before=(
            "        self._check_caller(plan, authorization)\n        await self._rooms.delete"
        ),
        after="        await self._rooms.delete",
        tests=(f"{_API}::test_other_sessions_cannot_be_seen_or_ended",),
    ),
    Mutant(
        name="changed-event-is-believed",
        promise="A webhook that LiveKit has not signed changes nothing.",
        file="bot/rooms/tokens.py",
        before="if not hmac.compare_digest(signed.encode(), digest.encode()):",
        after="if not signed or not digest:",
        tests=(f"{_TOK}::test_changed_webhook_is_unauthorized",),
    ),
    Mutant(
        name="signature-is-not-verified",
        promise="A webhook that LiveKit has not signed changes nothing.",
        file="bot/rooms/tokens.py",
        before="            return verifier.verify(token)\n",
        after="            return verifier.verify(token, verify_signature=False)\n",
        tests=(f"{_API}::test_forged_webhook_changes_nothing",),
    ),
    Mutant(
        name="agent-name-is-the-default-in-the-backend",
        promise="AGENT_NAME names every room, every bot and every token.",
        file="bot/http/backend.py",
        before="    agent_name = settings.agent_name\n",
        after='    agent_name = "parley"\n',
        tests=(f"{_SESS}::test_agents_name_is_the_name_of_everything",),
    ),
    Mutant(
        name="token-for-clients-sends-for-no-bot",
        promise="LiveKit's own clients get a token at /api/token, and start nothing yet.",
        file="bot/http/starts/token_endpoint.py",
        before="answer | {_camel(name): value for name, value in answer.items()}",
        after="answer",
        tests=(f"{_ENDPOINT}::test_answer_has_both_spellings_and_starts_nothing",),
    ),
    Mutant(
        name="page-may-not-reach-livekit",
        promise="The page may speak to its own server and to LiveKit, and to nobody else.",
        file="bot/http/page/page.py",
        before='("wss", "https") if is_secure else ("ws", "http")',
        after='("wss",) if is_secure else ("ws",)',
        tests=(f"{_PAGE}::test_page_may_connect_to_livekit_only",),
    ),
    Mutant(
        name="connections-hold-up-the-end",
        promise="A connection that stays open does not hold up the end.",
        file="bot/http/server.py",
        before="        timeout_graceful_shutdown=_SHUTDOWN_GRACE_SECS,\n",
        after="",
        tests=(f"{_SERVER}::test_request_that_never_ends_does_not_hold_up_the_end",),
    ),
    Mutant(
        name="any-event-counts-as-the-call",
        promise="Doctor tells whether LiveKit calls our webhook, and leaves no room.",
        file="bot/http/webhook_check.py",
        before=(
            "        if event.room.name == self._request.name:\n            self._is_called.set()"
        ),
        after="        self._is_called.set()",
        tests=(f"{_CHECK}::test_a_server_that_does_not_call_is_named_with_what_to_write_where",),
    ),
    Mutant(
        name="trial-leaves-its-room",
        promise="Doctor tells whether LiveKit calls our webhook, and leaves no room.",
        file="bot/http/webhook_check.py",
        before=(
            "                await "
            "limited(api.room.delete_room(DeleteRoomRequest(room=self._request.name)))"
        ),
        after="                pass",
        tests=(f"{_CHECK}::test_a_server_that_does_not_call_is_named_with_what_to_write_where",),
    ),
    Mutant(
        name="unsigned-call-counts",
        promise="Doctor tells whether LiveKit calls our webhook, and leaves no room.",
        file="bot/http/webhook_check.py",
        before=(
            "        except TokenError:\n"
            "            return Response(status_code=401)\n"
            "        if event"
        ),
        after=(
            "        except TokenError:\n"
            "            self._is_called.set()\n"
            "            return Response(status_code=401)\n"
            "        if event"
        ),
        tests=(f"{_CHECK}::test_a_server_that_does_not_call_is_named_with_what_to_write_where",),
    ),
)
