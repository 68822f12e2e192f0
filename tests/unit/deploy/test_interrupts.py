"""Ctrl-C, SIGTERM and a closed terminal end a command, whatever it does at that moment."""

import signal
from contextlib import suppress

import pytest

from deploy.local.interrupts import ignore_signals, interrupt_on_signals

SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_interrupts(number):
    with interrupt_on_signals(), pytest.raises(KeyboardInterrupt):
        signal.raise_signal(number)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_lost_interrupt_is_raised_at_the_next_check(number):
    with interrupt_on_signals() as interrupts:
        interrupts.raise_if_received()
        # As Python's import does at some points.
        with suppress(KeyboardInterrupt):
            signal.raise_signal(number)
        with pytest.raises(KeyboardInterrupt):
            interrupts.raise_if_received()


@pytest.mark.parametrize("number", SIGNALS)
def test_signals_are_ignored_while_the_command_ends(number):
    with interrupt_on_signals() as interrupts, ignore_signals():
        signal.raise_signal(number)
    interrupts.raise_if_received()


def test_the_previous_handlers_are_restored():
    before = [signal.getsignal(number) for number in SIGNALS]
    with interrupt_on_signals(), ignore_signals():
        pass
    assert [signal.getsignal(number) for number in SIGNALS] == before
