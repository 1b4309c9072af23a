"""The state machine of all calls of one session.

It knows neither Pipecat nor tasks nor the clock: events go in with the time, commands come out.
Whoever carries out the commands (`tools/runtime/runtime.py`) reports back by `finish` and `fail`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from tools.calls import sentences
from tools.calls.admission import MAX_TOOL_STEPS, Admission, Refusal, Turn, admit
from tools.calls.attempts import Attempts
from tools.calls.call import Call, CallRequest, CallState
from tools.calls.commands import (
    Ask,
    CallEvent,
    CallNeedsConfirmation,
    CallProgressed,
    CallStarted,
    Command,
    Notify,
    Start,
    Stop,
)
from tools.calls.consent import Consent
from tools.calls.open_calls import OpenCalls
from tools.calls.questions import Questions
from tools.errors import ToolError
from tools.language import ToolLanguage
from tools.result import Quiet, framed, refused
from tools.tool import Effect

_DROPPED_BY_INTERRUPTION = (Effect.READ, Effect.CALL)


class CallLedger:
    """Decides what may run, when, and what the model and the caller are told of it.

    Args:
        language: What the caller is told and asked in.
        max_steps: How many generations in a row may call tools within one turn.
    """

    def __init__(self, language: ToolLanguage, *, max_steps: int = MAX_TOOL_STEPS) -> None:
        self._language = language
        self.has_outside_text = False  # whether the model reads descriptions nobody vouches for
        self._new_turn = partial(Turn, max_steps=max_steps)
        self._calls = OpenCalls()
        self._turn = self._new_turn(0)
        self.attempts = Attempts()
        self._questions = Questions()
        self._commands: list[Command] = []

    @property
    def open_calls(self) -> list[Call]:
        return self._calls.unfinished

    @property
    def asked_call(self) -> Call | None:
        """The call the caller is being asked about."""
        return self._questions.head

    @property
    def asked_secs(self) -> float:
        """When the caller was last asked; minus infinity if not yet."""
        return self._questions.last_asked_secs

    def begin_turn(self) -> None:
        """Note that the caller said something new, which the model now answers."""
        self._turn = self._new_turn(self._turn.number + 1, has_read_data=self.has_outside_text)

    def propose(self, requests: Sequence[CallRequest]) -> None:
        """Note the calls of one generation. None of them runs before `commit`."""
        self._calls.propose(requests, self._turn)

    def commit(self, call_id: str, now_secs: float) -> list[Command]:
        """Let a proposed call go ahead; nothing happens if it was dropped meanwhile."""
        call = self._calls.get(call_id, CallState.PROPOSED)
        if call is not None:
            call.advance(CallState.COMMITTED)
            self._admit(call, now_secs)
        return self._drain()

    def interrupt(self) -> list[Command]:
        """Note that the caller spoke up: what may be dropped is dropped."""
        for call in self._calls:
            # The caller's new turn gets the reply; only what still runs may ask for one later.
            call.wants_reply, call.sentence = False, None
        for call in self.open_calls:
            is_running = call.state is CallState.RUNNING
            if is_running and call.tool.effect not in _DROPPED_BY_INTERRUPTION:
                call.has_outlived_turn = True
            elif is_running or call.state is CallState.PROPOSED:
                self._cancel(call, refused("dropped", sentences.DROPPED))
        return self._drain()

    def hear(
        self, text: str, *, now_secs: float, was_question_heard: bool
    ) -> tuple[Consent | None, list[Command]]:
        """Take the caller's words as an answer, if there is a question.

        Returns:
            What the words meant (None without a question) and the commands. After a yes or a no
            the result of the call makes the model reply, so the words need no reply of their own.
        """
        call = self._questions.head
        if call is None or call.state is not CallState.CONFIRMING:
            return None, []
        answer = self._language.answers.consent(text, question=call.question)
        if answer is Consent.YES and not was_question_heard:
            answer = Consent.UNCLEAR
        if answer is not Consent.UNCLEAR:
            return answer, self.answer(call.call_id, answer is Consent.YES, now_secs)
        if not self._questions.ask_again(was_unclear=was_question_heard):
            self._cancel(call, refused("not_confirmed", sentences.NOT_CONFIRMED))
        return answer, self._drain()

    def answer(self, call_id: str, is_yes: bool, now_secs: float) -> list[Command]:
        """Take a clear answer to the question about this call, by voice or from the page."""
        call = self._questions.head
        if call is None or call.call_id != call_id or call.state is not CallState.CONFIRMING:
            return []
        if is_yes:
            self._questions.remove(call)
            self._start(call, now_secs)
        else:
            self._cancel(call, refused("declined", sentences.DECLINED), wants_reply=True)
        return self._drain()

    def progress(self, call_id: str, text: str) -> list[Command]:
        """Note how far a running call is."""
        call = self._calls.get(call_id, CallState.RUNNING)
        if call is not None:
            call.progress = text
            self._notify(CallProgressed(call_id, call.tool.name, text))
        return self._drain()

    def finish(self, call_id: str, value: object) -> list[Command]:
        """Note that the function returned; too late if the call has ended meanwhile."""
        call = self._calls.get(call_id, CallState.RUNNING)
        if call is not None:
            self.attempts.succeeded(call)
            self._turn.has_read_data = True
            self._end(call, CallState.DONE, framed(value), wants_reply=not isinstance(value, Quiet))
        return self._drain()

    def fail(self, call_id: str, error: ToolError | None) -> list[Command]:
        """Note that the function raised: a `ToolError`, or None for anything else."""
        call = self._calls.get(call_id, CallState.RUNNING)
        if call is None:
            return []
        self._turn.has_read_data = True
        if error is not None and error.is_harmless:
            self.attempts.had_no_effect(call)
        else:
            self.attempts.broke(call)
        if error is not None:
            result = refused(error.code, error.message)
        else:
            result = refused("failed", sentences.failed(has_effect=call.has_effect))
        self._end(call, CallState.FAILED, result)
        return self._drain()

    def tick(self, now_secs: float, *, quiet_secs: float) -> list[Command]:
        """Do what is due: time-outs, a question to put again, a question nobody answered."""
        for call in self.open_calls:
            is_running = call.state is CallState.RUNNING
            if is_running and now_secs - call.started_secs >= call.tool.timeout_secs:
                self._commands.append(Stop(call))
                self.attempts.broke(call)
                sentence = sentences.timed_out(has_effect=call.has_effect)
                self._end(call, CallState.TIMED_OUT, refused("timed_out", sentence))
        head = self._questions.head
        if head is not None and self._questions.is_expired(now_secs):
            result = refused("not_confirmed", sentences.NOT_CONFIRMED)
            self._cancel(head, result, wants_reply=True)
        elif head is not None and self._questions.is_due(quiet_secs):
            self._ask(head, now_secs)
        return self._drain()

    def hold_question(self) -> None:
        """Let the question wait, however long: the caller is away."""
        self._questions.is_held = True

    def put_question(self, now_secs: float, *, is_again: bool) -> None:
        """Let the question be answered; have it put once more if it `is_again` to be."""
        self._questions.go_on(now_secs, is_again=is_again)

    def close(self) -> list[Command]:
        """End everything that is still open."""
        for call in self.open_calls:
            self._cancel(call, refused("session_ended", sentences.SESSION_ENDED))
        return self._drain()

    def _admit(self, call: Call, now_secs: float) -> None:
        said = self._language.sentences
        verdict = admit(call, turn=self._turn, attempts=self.attempts, to_caller=said)
        if isinstance(verdict, Refusal):
            call.sentence = verdict.sentence
            is_silent = verdict.sentence is not None
            self._end(call, CallState.FAILED, verdict.result, wants_reply=not is_silent)
        elif verdict is Admission.RUN:
            self._start(call, now_secs)
        else:
            self._line_up(call, now_secs)

    def _line_up(self, call: Call, now_secs: float) -> None:
        """Put the call in the queue of questions, in place of those of earlier generations."""
        for waiting in self._questions.waiting:
            if waiting.key == call.key:
                self._repeat_question(waiting, call)
                return
            if waiting.batch < call.batch:
                self._cancel(waiting, refused("superseded", sentences.SUPERSEDED))
        question = self._language.question(call.tool, call.arguments)
        if question is None:
            # What is beyond its end would be agreed to unheard.
            self._end(call, CallState.FAILED, refused("too_long", sentences.TOO_LONG_TO_ASK))
            return
        call.question = question
        self._questions.add(call)
        if call is self._questions.head:
            self._ask(call, now_secs)

    def _repeat_question(self, waiting: Call, call: Call) -> None:
        """Refuse `call`, which asks for what `waiting` asks for."""
        is_new_request = waiting is self._questions.head and waiting.batch < call.batch
        is_asked_again = is_new_request and self._questions.ask_again(was_unclear=False)
        result = refused("already_asked", sentences.ALREADY_ASKED)
        self._end(call, CallState.FAILED, result, wants_reply=is_new_request and not is_asked_again)

    def _ask(self, call: Call, now_secs: float) -> None:
        if call.state is CallState.COMMITTED:
            call.advance(CallState.CONFIRMING)
            title = call.tool.title
            self._notify(CallNeedsConfirmation(call.call_id, call.tool.name, call.question, title))
        self._questions.asked(now_secs)
        self._commands.append(Ask(call, call.question))

    def _start(self, call: Call, now_secs: float) -> None:
        call.advance(CallState.RUNNING)
        call.started_secs = now_secs
        self.attempts.began(call)
        self._commands.append(Start(call))
        arguments = dict(call.request.arguments)
        self._notify(
            CallStarted(
                call.call_id, call.tool.name, arguments, call.effect_key, title=call.tool.title
            )
        )

    def _cancel(self, call: Call, result: dict[str, object], *, wants_reply: bool = False) -> None:
        if call.state is CallState.RUNNING:
            self._commands.append(Stop(call))
            # Stopped, so it may have happened or not.
            self.attempts.broke(call)
        if call in self._questions.waiting:
            self._questions.remove(call)
        self._end(call, CallState.CANCELLED, result, wants_reply=wants_reply)

    def _end(
        self, call: Call, state: CallState, result: dict[str, object], *, wants_reply: bool = True
    ) -> None:
        self._commands += self._calls.end(call, state, result, wants_reply=wants_reply)

    def _notify(self, event: CallEvent) -> None:
        self._commands.append(Notify(event))

    def _drain(self) -> list[Command]:
        commands, self._commands = self._commands, []
        return commands
