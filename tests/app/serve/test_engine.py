"""The engine's thread: batches of one model, the oldest first; what is wrong with one picture stays with it."""

import threading

import numpy as np
import pytest

from minicnn.app.serve.engine import Engine
from minicnn.app.serve.refusal import Refusal


class Network:
    """Stands for a model: its answer to a picture is the picture's first number, doubled."""

    def __init__(self, name="a"):
        self.name, self.classify = name, self._double
        self.batches, self.gate, self.began = [], threading.Event(), threading.Event()
        self.gate.set()

    def _double(self, pictures):
        self.began.set()
        assert self.gate.wait(60)
        numbers = [int(picture[0]) for picture in pictures]
        self.batches.append(numbers)
        if 13 in numbers:
            raise ValueError("13 is no picture.")
        return np.array([[2.0 * number] for number in numbers])


@pytest.fixture
def engine():
    running = Engine(batch=4, queue=10)
    yield running
    running.end()
    assert not running.is_alive


def pictures(*numbers):
    return [np.array([number]) for number in numbers]


def held(engine, *models):
    """Let the engine begin with a picture, and keep it there: whatever comes now gathers."""
    first = models[0]
    first.gate.clear()
    (answer,) = engine.ask(first, pictures(0))
    assert first.began.wait(60)
    return answer


def test_a_lone_picture_does_not_wait(engine):
    model = Network()
    (answer,) = engine.ask(model, pictures(7))
    assert answer.result(60).tolist() == [14.0] and model.batches == [[7]]


def test_what_gathers_is_taken_in_order_and_no_more_than_a_batch(engine):
    model = Network()
    first = held(engine, model)
    answers = engine.ask(model, pictures(1, 2, 3)) + engine.ask(model, pictures(4, 5, 6, 7, 8, 9))
    model.gate.set()
    assert [answer.result(60).tolist() for answer in [first, *answers]] == [[2.0 * k] for k in range(10)]
    assert model.batches == [[0], [1, 2, 3, 4], [5, 6, 7, 8], [9]]


def test_a_batch_is_of_one_model_and_none_is_forgotten(engine):
    a, b = Network("a"), Network("b")
    first = held(engine, a)
    answers = [engine.ask(model, pictures(k))[0] for k, model in enumerate([a, b, a, b, b, a, a, a], 1)]
    a.gate.set()
    assert [answer.result(60).tolist() for answer in [first, *answers]] == [[2.0 * k] for k in range(9)]
    assert a.batches == [[0], [1, 3, 6, 7], [8]] and b.batches == [[2, 4, 5]]


def test_other_work_is_done_one_by_one_between_the_batches(engine):
    model = Network()
    held(engine, model)
    done = []

    def halve(pictures):
        done.append([int(picture[0]) for picture in pictures])
        return [picture / 2 for picture in pictures]

    answers = engine.ask(model, pictures(1, 2))
    halves = engine.ask(model, pictures(3, 4), halve)
    answers += engine.ask(model, pictures(5))
    model.gate.set()
    assert [answer.result(60).tolist() for answer in answers] == [[2.0], [4.0], [10.0]]
    assert [half.result(60).tolist() for half in halves] == [[1.5], [2.0]]
    assert done == [[3], [4]] and model.batches == [[0], [1, 2, 5]]


def test_one_bad_picture_costs_only_its_own_answer(engine):
    model = Network()
    held(engine, model)
    good, bad, other = engine.ask(model, pictures(12, 13, 14))
    model.gate.set()
    assert good.result(60).tolist() == [24.0] and other.result(60).tolist() == [28.0]
    with pytest.raises(ValueError, match=r"13 is no picture\."):
        bad.result(60)
    assert engine.is_alive


def test_what_nobody_waits_for_is_not_computed(engine):
    model = Network()
    held(engine, model)
    gone, stays = engine.ask(model, pictures(1, 2))
    assert gone.cancel()
    model.gate.set()
    assert stays.result(60).tolist() == [4.0] and model.batches == [[0], [2]]


def test_an_end_comes_after_the_last_answer(engine):
    model = Network()
    first = held(engine, model)
    answers = engine.ask(model, pictures(1, 2, 3, 4, 5))
    ending = threading.Thread(target=engine.end)
    ending.start()
    model.gate.set()
    ending.join(60)
    assert all(answer.done() for answer in [first, *answers])
    with pytest.raises(Refusal, match="The server is ending"):
        engine.ask(model, pictures(1))


def test_places_are_bounded_and_given_back(engine):
    with engine.places(6), engine.places(4):
        for count in (1, 20):
            with pytest.raises(Refusal, match=r"10 pictures wait already, and 10 may") as caught, engine.places(count):
                pass
            assert caught.value.status == 503 and caught.value.retry == 1
        engine.pace = 0.75
        assert engine.retry() == 8
        engine.pace = 1000.0
        assert engine.retry() == 60
    assert engine.inside == 0
    with pytest.raises(ZeroDivisionError), engine.places(10):
        1 / 0  # noqa: B018
    assert engine.inside == 0


@pytest.mark.parametrize("problem", [SystemExit(3), MemoryError(), KeyboardInterrupt()])
def test_nothing_that_a_model_does_ends_the_thread(engine, problem):
    model = Network()

    def fail(pictures):
        raise problem

    (answer,) = engine.ask(model, pictures(1), fail)
    found = answer.exception(60)
    assert isinstance(found, Exception) and type(problem).__name__ in repr(found)  # as an event loop may be given it
    (answer,) = engine.ask(model, pictures(2))
    assert answer.result(60).tolist() == [4.0]


def test_nor_does_a_model_that_gives_another_number_of_answers(engine):
    model = Network()
    first = held(engine, model)

    def all_alike(pictures):
        return np.ones((1, 1))

    model.classify, double = all_alike, model.classify
    answers = engine.ask(model, pictures(1, 2))
    (two,) = engine.ask(model, pictures(3), lambda pictures: np.ones((2, 1)))
    model.gate.set()
    assert first.result(60).tolist() == [0.0]
    assert [answer.result(60).tolist() for answer in answers] == [[1.0], [1.0]]  # one by one it does well
    with pytest.raises(RuntimeError, match="The model gave 2 answers to 1 pictures"):
        two.result(60)
    model.classify = double
    (answer,) = engine.ask(model, pictures(2))
    assert answer.result(60).tolist() == [4.0]


def test_what_can_not_be_counted_is_answered_all_the_same(capfd):
    def count(model, pictures, seconds):
        raise OSError("No space left on device")

    running = Engine(batch=4, queue=10, computed=count)
    for number in (1, 2):
        (answer,) = running.ask(Network(), pictures(number))
        assert answer.result(60).tolist() == [2.0 * number]
    running.end()
    assert capfd.readouterr().err.count("a batch cannot be counted: No space left on device") == 2


def test_who_asks_where_no_engine_is_left_does_not_wait(engine, monkeypatch):
    running = Engine(batch=4, queue=10)
    running.end()
    with pytest.raises(Refusal, match="The server is ending"):
        running.check(1)
    monkeypatch.setattr(Engine, "is_alive", False)  # it died of something that nobody thought of
    for asked in (lambda: engine.check(1), lambda: engine.ask(Network(), pictures(1))):
        with pytest.raises(Refusal, match="The server is ending") as caught:
            asked()
        assert caught.value.status == 503
    monkeypatch.undo()
