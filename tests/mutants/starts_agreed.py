"""Against what runners of one Postgres agree about: the line, its lines, and what they count."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_LINE = "tests/bot/store/test_one_line.py"
_RUNNERS = "tests/bot/store/test_two_runners.py"
_COUNT = "tests/bot/store/test_one_count.py"
_OTHERS = "tests/bot/store/shared/test_others.py"
_GUESSES = "tests/bot/store/shared/test_guesses.py"
_RATES = "tests/bot/store/shared/test_rates.py"
_PLACES = "tests/bot/worker/test_worker_places.py"
_ONE_LINE = "Who waits gets the next line before anybody who came later, at whichever runner."
_KEPT = "Who waits at a runner that dies keeps the place at another one."
_RATE = "An address starts no more calls in a minute at all runners than at one."
_SHARE = "One address may have no more calls at once than SESSIONS_PER_ADDRESS says."
_LINK = "A printed link is good for one start, at whichever runner."
_MEMORY = "A machine without memory for one more bot starts none until there is enough again."
_SLOWED = "Whoever guesses at several runners is slowed as by one, at once too."
_SUM = "There are as many lines as the workers that live hold together."
_LEASES = "tests/bot/store/test_bot_leases.py"
_SEES = "One runner sees to a lost bot, also while the store fails for a moment."
_WAITS = "What bots are forked from costs no line while it is loaded anew: callers wait."
_SOON = "A runner that dies as it sends for a bot is followed by another one within five seconds."

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="who-sees-to-a-bot-says-so-once",
        promise=_SOON,
        file="bot/rooms/agreement.py",
        before='            group.create_task(self.bots.upkeep.run(), name="leases")\n',
        after="            pass\n",
        tests=(f"{_RUNNERS}::test_a_runner_that_lives_keeps_the_bots_that_it_sees_to",),
    ),
    Mutant(
        name="a-question-that-fails-costs-a-runner-its-bots",
        promise=_SEES,
        file="bot/store/shared/shared.py",
        before="if not self.is_shared:\n            return await self.ask(work)",
        after="if True:\n            return await self.ask(work)",
        tests=(f"{_LEASES}::test_one_question_that_fails_costs_a_runner_none_of_its_bots",),
    ),
    Mutant(
        name="a-word-to-a-store-that-hangs-is-waited-for",
        promise=_SEES,
        file="bot/store/shared/shared.py",
        before="await asyncio.shield(asking)",
        after="await asking",
        tests=(f"{_LEASES}::test_one_question_that_fails_costs_a_runner_none_of_its_bots",),
    ),
    Mutant(
        name="who-is-not-heard-of-its-bots-alone-waits-for-ever",
        promise="One runner sees to a lost bot, also while the store fails for a moment.",
        file="bot/rooms/bot_leases.py",
        before="min(self.unheard_since, self._shared.fails_since)",
        after="self._shared.fails_since",
        tests=(
            "tests/bot/store/test_bot_leases.py"
            "::test_who_is_heard_but_for_its_bots_goes_on_alone_as_well",
        ),
    ),
    Mutant(
        name="who-is-not-heard-goes-on-alone-at-once",
        promise=_SEES,
        file="bot/rooms/bot_leases.py",
        before="now - fails_since >= _ALONE_SECS",
        after="now - fails_since >= 0.0",
        tests=(
            f"{_LEASES}::test_who_is_not_heard_leaves_a_bot_to_whoever_is_and_then_goes_on_alone",
        ),
    ),
    Mutant(
        name="each-bot-is-asked-for-by-itself",
        promise=_SEES,
        file="bot/rooms/bot_leases.py",
        before="if self._rounds == rounds and self._until:",
        after="if self._until:",
        tests=(
            f"{_LEASES}::test_however_many_bots_are_lost_together_a_runner_asks_for_all_at_once",
        ),
    ),
    Mutant(
        name="bots-of-a-dead-runner-wait-long",
        promise=_SOON,
        file="bot/rooms/bot_leases.py",
        before="_LASTS_SECS = 3.0",
        after="_LASTS_SECS = 60.0",
        tests=(f"{_RUNNERS}::test_what_a_dead_runner_saw_to_another_one_does",),
    ),
    Mutant(
        name="a-loss-that-a-dead-runner-has-counted-counts-twice",
        promise=_SOON,
        file="bot/rooms/watch/bot_watch.py",
        before="            wait.is_lost = wait.is_lost and not room.is_recovering\n",
        after="",
        tests=(f"{_RUNNERS}::test_what_a_dead_runner_saw_to_another_one_does",),
    ),
    Mutant(
        name="each-runner-has-a-line-of-its-own",
        promise=_ONE_LINE,
        file="bot/rooms/lines/waiting_line.py",
        before="        self._agreement.listen(self.hear)\n",
        after="",
        tests=(f"{_LINE}::test_lines_are_given_in_the_order_of_arrival",),
    ),
    Mutant(
        name="a-place-is-as-new-as-its-last-word",
        promise=_KEPT,
        file="bot/store/shared/others.py",
        before="else_=LEASES.c.since)",
        after='else_=row.excluded["since"] + 1)',
        tests=(f"{_OTHERS}::test_places_stay_in_the_order_people_came_whoever_tells_of_them",),
    ),
    Mutant(
        name="a-place-is-not-told",
        promise=_KEPT,
        file="bot/rooms/lines/waiting_line.py",
        before="            await self._keep(ticket, place)\n",
        after="",
        tests=(f"{_LINE}::test_a_place_outlives_its_runner",),
    ),
    Mutant(
        name="starts-are-counted-by-each-runner",
        promise=_RATE,
        file="bot/http/starts/starts.py",
        before="            shared=backend.shared,\n",
        after="",
        tests=(f"{_COUNT}::test_starts_of_an_address_are_counted_together",),
    ),
    Mutant(
        name="a-rest-saves-up-starts-of-all-runners",
        promise=_RATE,
        file="bot/store/shared/rates.py",
        before="case((is_full, now_ms), else_=LEASES.c.until)",
        after="LEASES.c.until",
        tests=(f"{_RATES}::test_so_many_may_come_at_once_and_then_as_many_in_a_minute",),
    ),
    Mutant(
        name="whose-a-parked-room-is-becomes-unknown",
        promise=_SHARE,
        file="bot/rooms/plan.py",
        before='"continues", "network")',
        after='"continues")',
        tests=(f"{_COUNT}::test_a_network_has_one_share_at_all_runners",),
    ),
    Mutant(
        name="a-link-is-good-at-each-runner",
        promise=_LINK,
        file="bot/rooms/join_link.py",
        before="            if not taken and not (",
        after="            if is_own and False and not (",
        tests=(f"{_COUNT}::test_a_link_opens_once_at_whichever_runner",),
    ),
    Mutant(
        name="a-used-link-can-be-taken-again",
        promise=_LINK,
        file="bot/store/shared/links.py",
        before="(LEASES.c.name == name) & (LEASES.c.kind == LINK)",
        after="(LEASES.c.name == name)",
        tests=(f"{_COUNT}::test_of_many_who_use_a_link_at_once_one_is_in",),
    ),
    Mutant(
        name="guesses-are-counted-by-each-runner",
        promise=_SLOWED,
        file="bot/access/choice.py",
        before="brake=Brake(shared=shared)",
        after="brake=Brake()",
        tests=(f"{_COUNT}::test_guesses_at_two_runners_are_slowed_as_one",),
    ),
    Mutant(
        name="a-link-that-was-told-is-taken-for-never-told",
        promise=_LINK,
        file="bot/rooms/join_link.py",
        before="            await self.tell()\n",
        after="            pass\n",
        tests=(f"{_COUNT}::test_a_link_that_was_told_but_not_answered_opens_once",),
    ),
    Mutant(
        name="guesses-at-once-are-one",
        promise=_SLOWED,
        file="bot/store/shared/guesses.py",
        before="amount=count + 1",
        after="amount=1",
        tests=(f"{_GUESSES}::test_many_at_once_are_counted_one_after_the_other",),
    ),
    Mutant(
        name="dead-workers-count",
        promise=_SUM,
        file="bot/store/shared/others.py",
        before=" & ~is_over(store, secs)",
        after="",
        tests=(f"{_COUNT}::test_lines_come_and_go_with_the_workers",),
    ),
    Mutant(
        name="a-lost-worker-ends-calls",
        promise=_SUM,
        file="bot/rooms/lines/capacity.py",
        before="int(max(self.limit, min(self._bound, len(sessions))))",
        after="self.limit",
        tests=(f"{_COUNT}::test_a_worker_that_is_lost_ends_no_call",),
    ),
    Mutant(
        name="a-worker-that-drains-counts-once-it-is-known-again",
        promise=_SUM,
        file="bot/worker/worker_places.py",
        before="not self._has_ended",
        after="True",
        tests=(f"{_PLACES}::test_a_worker_counts_from_its_first_registration_to_its_drain",),
    ),
    Mutant(
        name="a-worker-without-memory-holds-more",
        promise=_MEMORY,
        file="bot/worker/worker_places.py",
        before="min(self._places, len(jobs)) if self._memory.is_short() else self._places",
        after="self._places",
        tests=(f"{_PLACES}::test_a_worker_that_can_have_no_further_bot_holds_what_it_has",),
    ),
    Mutant(
        name="a-worker-that-waits-for-what-it-forks-is-given-jobs",
        promise=_WAITS,
        file="bot/store/shared/seats.py",
        before="word.places if word.is_waiting else 0",
        after="0",
        tests=(
            f"{_PLACES}::test_a_worker_that_waits_for_what_it_forks_counts_and_others_have_the_jobs",
        ),
    ),
    Mutant(
        name="a-runner-without-memory-needs-it",
        promise=_MEMORY,
        file="bot/rooms/lines/capacity.py",
        before='return None if found == "memory" and self._agreement.has_workers else found',
        after="return found",
        tests=(f"{_COUNT}::test_memory_counts_where_the_bots_are",),
    ),
    Mutant(
        name="a-worker-that-drains-counts",
        promise=_SUM,
        file="bot/worker/worker_places.py",
        before="            self.end()\n",
        after="",
        tests=(f"{_PLACES}::test_a_worker_counts_from_its_first_registration_to_its_drain",),
    ),
)
