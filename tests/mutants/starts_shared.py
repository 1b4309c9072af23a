"""Against what is promised of two runners of one store."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_SHARED = "tests/bot/http/starts/test_shared_starts.py"
_STORE_STARTS = "tests/bot/store/shared/test_starts.py"
_TWO = "tests/bot/store/test_two_runners.py"
_SEATS = "tests/bot/store/shared/test_seats.py"
_COUNT = "tests/bot/store/test_one_count.py"
_SUM = "There are as many lines as the workers that live hold together."
_EVEN = "Workers of any sizes fill evenly: none is a call off its share."
_LEFT = "A call is never left to a worker that cannot be given it."
_SHARED_KEY = "A key is one start at all runners of one store, also after a restart."

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="key-of-another-person-behind-the-address",
        promise="Two visitors who choose the same key never get one call between them.",
        file="bot/http/starts/starts.py",
        before='return "\\n".join((networks_of(visitor.address)[0], guest.mark, guest.person))',
        after="return visitor.address",
        tests=(f"{_SHARED}::test_two_people_behind_one_address_are_two",),
    ),
    Mutant(
        name="key-of-another-livekit",
        promise="Two visitors who choose the same key never get one call between them.",
        file="bot/http/starts/starts.py",
        before="secret=mark)",
        after="secret=secret)",
        tests=(f"{_SHARED}::test_keys_of_others_never_meet",),
    ),
    Mutant(
        name="key-is-known-to-one-runner",
        promise=_SHARED_KEY,
        file="bot/http/starts/shared_starts.py",
        before="await self._shared.ask(take)",
        after="None",
        tests=(f"{_SHARED}::test_two_runners_give_one_session",),
    ),
    Mutant(
        name="what-a-key-became-is-told-once",
        promise=_SHARED_KEY,
        file="bot/http/starts/shared_starts.py",
        before="            self._unheard.append(end)\n",
        after="            pass\n",
        tests=(f"{_COUNT}::test_a_start_of_which_one_step_is_not_answered_is_one",),
    ),
    Mutant(
        name="key-of-an-address-that-a-phone-changes",
        promise="A start that is repeated with its key costs no second one.",
        file="bot/http/starts/starts.py",
        before="networks_of(visitor.address)[0]",
        after="visitor.address",
        tests=(
            "tests/bot/http/test_repeated_starts.py"
            "::test_a_phone_that_changes_its_ipv6_address_is_the_same_visitor",
        ),
    ),
    Mutant(
        name="worker-counts-where-it-was-first",
        promise=_SUM,
        file="bot/store/shared/seats.py",
        before="(*said, *vars(holder))",
        after="said",
        tests=(f"{_SEATS}::test_a_worker_counts_at_the_livekit_it_told_of_last",),
    ),
    Mutant(
        name="workers-of-two-containers-have-one-mark",
        promise=_SUM,
        file="bot/rooms/watch/worker_mark.py",
        before="\\n{_here()}\\n",
        after="\\n",
        tests=(
            "tests/bot/rooms/watch/test_worker_mark.py"
            "::test_workers_of_two_containers_with_one_name_are_two",
        ),
    ),
    Mutant(
        name="what-a-key-became-is-not-told",
        promise=_SHARED_KEY,
        file="bot/store/shared/starts.py",
        before="update(STARTS).where(is_mine).values(session_id=session_id)",
        after="update(STARTS).where(is_mine).values(session_id=None)",
        tests=(f"{_STORE_STARTS}::test_of_many_at_once_one_starts",),
    ),
    Mutant(
        name="half-a-start-blocks-its-key",
        promise="A start that died half-way blocks its key for half a minute at most.",
        file="bot/store/shared/starts.py",
        before="delete(STARTS).where(or_(is_of_another_time, is_dead))",
        after="delete(STARTS).where(is_of_another_time)",
        tests=(f"{_STORE_STARTS}::test_a_start_that_tells_no_end_is_anothers",),
    ),
    Mutant(
        name="key-of-the-future-is-for-ever",
        promise="A start that died half-way blocks its key for half a minute at most.",
        file="bot/store/shared/starts.py",
        before="STARTS.c.begun_at > now_ms + UNDER_WAY_MS",
        after="STARTS.c.begun_at > 2**60",
        tests=(f"{_STORE_STARTS}::test_a_start_that_tells_no_end_is_anothers",),
    ),
    Mutant(
        name="invite-has-uses-for-each-runner",
        promise="An invite is used as often as it says, by all runners.",
        file="bot/store/invites.py",
        before="        & (INVITES.c.uses_left > 0)\n",
        after="",
        tests=(f"{_TWO}::test_an_invite_has_as_many_uses_as_it_says",),
    ),
    Mutant(
        name="day-of-each-runner",
        promise="All runners of one store spend one day's budget, and one switch.",
        file="bot/rooms/spent/spending.py",
        before="        self._day_sum = await spent_on(store, self._day)\n",
        after="",
        tests=(f"{_TWO}::test_the_day_is_spent_by_both_together",),
    ),
    Mutant(
        name="job-is-left-to-another-node",
        promise=_LEFT,
        file="bot/store/shared/seats.py",
        before='return row["node"] == own["node"]',
        after="return True",
        tests=(f"{_SEATS}::test_whoever_is_asked_has_a_job_that_no_other_can_be_given",),
    ),
    Mutant(
        name="job-is-left-to-a-dead-worker",
        promise=_LEFT,
        file="bot/store/shared/seats.py",
        before="return is_fresh and held",
        after="return held",
        tests=(f"{_SEATS}::test_nothing_is_left_to_a_worker_that_is_silent_or_gone",),
    ),
    Mutant(
        name="who-is-asked-has-the-job",
        promise=_EVEN,
        file="bot/store/shared/seats.py",
        before="        chosen = _emptiest(workers, coming, worker, is_waited_for=is_waited_for)\n",
        after="        chosen = worker\n",
        tests=(f"{_SEATS}::test_every_worker_has_its_share_after_every_call",),
    ),
    Mutant(
        name="full-node-keeps-what-comes",
        promise="A burst leaves no worker with more calls than it holds.",
        file="bot/store/shared/seats.py",
        before='(not is_waited_for or held(chosen) >= chosen["amount"])',
        after="not is_waited_for",
        tests=(f"{_SEATS}::test_a_full_node_leaves_calls_to_another_one",),
    ),
    Mutant(
        name="jobs-on-the-way-are-not-counted",
        promise=_EVEN,
        file="bot/store/shared/seats.py",
        before='int(row["taken"]) + coming[row["name"]]',
        after='int(row["taken"])',
        tests=(f"{_SEATS}::test_every_worker_has_its_share_after_every_call",),
    ),
    Mutant(
        name="job-that-is-asked-about-is-one-s-own",
        promise=_EVEN,
        file="bot/worker/admission.py",
        before="            if one.is_settled and ",
        after="            if ",
        tests=(
            "tests/bot/worker/test_admission.py"
            "::test_a_job_that_is_another_s_is_passed_on_and_not_held_against_it",
        ),
    ),
)
