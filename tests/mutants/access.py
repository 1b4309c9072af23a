"""Against what is promised of who may call, and of the parts on this machine."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_DOORS = "tests/bot/access/test_doors.py"
_INVITES = "tests/bot/access/test_invites.py"
_COMMANDS = "tests/bot/access/test_commands.py"
_SETTINGS = "tests/bot/access/test_settings.py"
_BRAKE = "tests/bot/access/test_brake.py"
_HTTP = "tests/bot/http/test_access.py"
_PERSON = "tests/bot/call/test_person.py"
_ATTACK = "tests/attacks/test_door.py"
_LAUNCH = "tests/bot/test_launch.py"
_GUARD = "tests/bot/local/test_guard.py"

_KEY = "With ACCESS=key nobody starts a call without the key."
_PROXY = "With ACCESS=proxy only a listed proxy says who somebody is."
_GOOD_FOR = "An invite is good for so many calls and days, and until it is taken back."
_NO_ACCIDENT = (
    "On any address but this machine's own, nobody comes in by accident: it is invites, or what "
    "ACCESS says."
)
_SLOWED = "Whoever guesses at the key waits longer and longer, from many networks too."
_ORDERS = "Nobody makes the local providers say or do what they like."

_OF_THE_DOOR = (
    Mutant(
        name="an-open-house-by-accident",
        promise=_NO_ACCIDENT,
        file="bot/access/settings.py",
        before="if is_exposed and not way:",
        after="if is_exposed and settings.access_key and not way:",
        tests=(f"{_SETTINGS}::test_an_open_house_is_no_accident",),
    ),
    Mutant(
        name="a-key-that-begins-alike",
        promise=_KEY,
        file="bot/access/doors.py",
        before="is_right = hmac.compare_digest(digest, self._digest)",
        after="is_right = digest[0] == self._digest[0] or len(key) >= MAX_KEY_CHARS",
        tests=(f"{_DOORS}::test_what_is_not_the_key_is_refused",),
    ),
    Mutant(
        name="a-pass-that-nobody-signed",
        promise=_KEY,
        file="bot/access/doors.py",
        before="return is_ours and int(until) > self._clock()",
        after="return until.isdecimal() and int(until) > self._clock()",
        tests=(f"{_DOORS}::test_a_pass_cannot_be_made_or_made_longer",),
    ),
    Mutant(
        name="a-token-without-a-key",
        promise=_KEY,
        file="bot/http/access.py",
        before='_FREE_PATHS = ("/api/health",',
        after='_FREE_PATHS = ("/api/token", "/api/health",',
        tests=(f"{_HTTP}::test_nothing_that_starts_a_call_is_done_for_a_stranger",),
    ),
    Mutant(
        name="the-door-stands-beside-the-api",
        promise="Without access nothing of the API that spends is done.",
        file="bot/http/access.py",
        before="    return is_api and path not in _FREE_PATHS",
        after='    return path == "/api/sessions" and is_api and path not in _FREE_PATHS',
        tests=(f"{_ATTACK}::test_no_call_is_begun_for_a_stranger",),
    ),
    Mutant(
        name="a-cookie-that-scripts-read",
        promise="The page asks for the key once; what it keeps then, no script can read.",
        file="bot/http/access.py",
        before="httponly=True",
        after="httponly=False",
        tests=(f"{_HTTP}::test_the_key_becomes_a_cookie",),
    ),
    Mutant(
        name="guesses-cost-nothing",
        promise=_SLOWED,
        file="bot/access/brake.py",
        before="        network.failures += 1\n",
        after="",
        tests=(f"{_BRAKE}::test_a_network_that_guesses_waits_longer_and_longer",),
    ),
    Mutant(
        name="many-networks-guess-freely",
        promise=_SLOWED,
        file="bot/access/brake.py",
        before="        self._recent.append(now)\n",
        after="",
        tests=(f"{_BRAKE}::test_many_networks_are_slowed_together",),
    ),
    Mutant(
        name="a-forwarded-address-is-a-proxy",
        promise=_PROXY,
        file="bot/access/doors.py",
        before="is_within(knock.peer, self._proxies)",
        after="is_within(knock.address, self._proxies)",
        tests=(f"{_DOORS}::test_the_header_of_anybody_else_says_nothing",),
    ),
    Mutant(
        name="the-last-of-two-names",
        promise=_PROXY,
        file="bot/access/doors.py",
        before="len(values) != 1 or",
        after="not values or",
        tests=(f"{_DOORS}::test_a_proxy_that_names_nobody_lets_nobody_in",),
    ),
    Mutant(
        name="a-use-that-was-not-answered-stays-counted",
        promise="A call that did not begin costs no use of an invite.",
        file="bot/access/invites.py",
        before="secrets.token_hex(_USE_BYTES), True",
        after="secrets.token_hex(_USE_BYTES), False",
        tests=(f"{_INVITES}::test_a_start_of_a_store_that_is_not_well_is_not_counted",),
    ),
    Mutant(
        name="a-use-waits-for-those-of-others",
        promise="A call that did not begin costs no use of an invite.",
        file="bot/access/invites.py",
        before="        now = int(self._clock())\n        if await",
        after=(
            "        now = int(self._clock())\n"
            "        for owed in self._owed.of(invite_id):\n"
            "            await self._owed.give_back(owed)\n"
            "        if await"
        ),
        tests=(f"{_INVITES}::test_a_start_waits_for_no_use_that_is_owed",),
    ),
    Mutant(
        name="an-invite-without-an-end",
        promise=_GOOD_FOR,
        file="bot/store/invites.py",
        before="        & (INVITES.c.uses_left > 0)\n",
        after="",
        tests=(f"{_INVITES}::test_an_invite_is_good_for_so_many_calls",),
    ),
    Mutant(
        name="an-invite-that-was-taken-back",
        promise=_GOOD_FOR,
        file="bot/access/invites.py",
        before="if invite.is_revoked:",
        after="if invite.is_revoked and not invite.uses_left:",
        tests=(f"{_INVITES}::test_an_invite_ends",),
    ),
    Mutant(
        name="an-invite-that-anybody-writes",
        promise="Nobody makes an invite but the operator.",
        file="bot/access/invites.py",
        before="if not hmac.compare_digest(signature.encode(), self",
        after='if not invite_id and not hmac.compare_digest(b"", self',
        tests=(f"{_INVITES}::test_a_token_that_nobody_here_made_is_unknown",),
    ),
    Mutant(
        name="a-call-without-an-invite",
        promise="With ACCESS=invite nobody starts a call without an invite.",
        file="bot/access/choice.py",
        before="return InviteDoor(store=store, signer=signer, tasks=tasks or TaskSet())",
        after="return OpenDoor()",
        tests=(f"{_COMMANDS}::test_a_link_leads_into_a_call_as_the_person_it_is_for",),
    ),
)
_OF_PERSONS = (
    Mutant(
        name="a-listener-is-the-person",
        promise="Nobody is another person by their own word.",
        file="bot/call/person.py",
        before="if participant is None or identity != plan.caller_identity:",
        after="if participant is None:",
        tests=(f"{_PERSON}::test_nobody_else_is_a_person",),
    ),
    Mutant(
        name="the-calendar-of-strangers",
        promise="The calendar is off where strangers can call, but for who is named.",
        file="bot/access/settings.py",
        before="    return bool(settings.access) or is_exposed",
        after="    return is_exposed",
        tests=(f"{_PERSON}::test_whose_the_calendar_is",),
    ),
    Mutant(
        name="a-bound-tool-for-anybody-with-a-name",
        promise="A tool that is bound to persons is offered to nobody else.",
        file="tools/runtime/toolbox.py",
        before="(not self._person or self._person not in tool.persons)",
        after="not self._person",
        tests=(f"{_PERSON}::test_a_tool_of_somebody_is_theirs_alone",),
    ),
)
_OF_LOCAL_PROVIDERS = (
    Mutant(
        name="local-providers-for-everybody",
        promise="The local providers answer only who has the key of this start.",
        file="bot/local/guard.py",
        before="return is_right and scheme.lower() in _SCHEMES",
        after="return bool(given) or (is_right and scheme.lower() in _SCHEMES)",
        tests=(f"{_GUARD}::test_without_the_key_there_is_no_answer",),
    ),
    Mutant(
        name="a-rebound-page-at-the-local-providers",
        promise="No page of another site reaches the local providers.",
        file="bot/local/guard.py",
        before="""if not _is_here(f"//{headers.get('host', '')}"):""",
        after="if False:",
        tests=(f"{_GUARD}::test_a_page_of_another_site_gets_nothing",),
    ),
    Mutant(
        name="orders-in-a-header",
        promise=_ORDERS,
        file="bot/local/faults.py",
        before="if own is not None and self.takes_orders:",
        after="if own is not None:",
        tests=("tests/bot/local/test_server.py::test_a_request_brings_no_orders_of_its_own",),
    ),
    Mutant(
        name="orders-without-a-test",
        promise=_ORDERS,
        file="bot/local/server.py",
        before="    if providers.faults.takes_orders:\n",
        after="    if providers:\n",
        tests=(f"{_ATTACK}::test_nobody_puts_words_into_the_mouth_of_a_bot",),
    ),
    Mutant(
        name="local-providers-with-every-key",
        promise="The local providers are given none of the keys of vendors.",
        file="bot/launch.py",
        before="environment=bare_environment(",
        after="environment=child_environment(",
        tests=(f"{_LAUNCH}::test_local_providers_get_no_key_of_anybody",),
    ),
    Mutant(
        name="a-bot-with-every-key",
        promise="A bot is given no key that it does not use, nor who may call.",
        file="bot/launch.py",
        before='changes = {name.upper(): "" for name in keys - needed}',
        after="changes = dict[str, str]()",
        tests=(f"{_LAUNCH}::test_a_worker_gets_the_keys_of_its_stages_alone",),
    ),
)

MUTANTS: tuple[Mutant, ...] = (*_OF_THE_DOOR, *_OF_PERSONS, *_OF_LOCAL_PROVIDERS)
