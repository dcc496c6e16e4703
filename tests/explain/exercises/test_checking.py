"""A file is checked in a process of its own: whatever is in it, one clear sentence comes of it, and in time."""

import pytest

from minicnn.explain import exercises

EMPTY_LOOP = "import numpy as np\n\n\ndef relu_forward(x):\n    while True:\n        pass\n"


@pytest.fixture
def check(tmp_path):
    """Return a function that writes a file and checks it."""

    def checked(text, name="relu.py", limit=5.0):
        (tmp_path / name).write_text(text)
        return list(exercises.check(tmp_path / name, limit))

    return checked


def test_what_is_right(check):
    (verdict,) = check("import numpy as np\ndef relu_forward(x):\n    return np.maximum(x, 0)\n")
    assert verdict.right and verdict.sentence == "relu_forward is right."
    assert "properties" in verdict.body and "the kernel " in verdict.body


def test_what_was_just_written_is_empty(tmp_path):
    (verdict,) = exercises.check(exercises.write_file("conv2d", tmp_path / "conv2d.py"))
    assert not verdict.right and "it is still empty: write your lines" in verdict.sentence and verdict.body == ""


def test_a_loop_without_an_end(check):
    (verdict,) = check(EMPTY_LOOP, limit=1.0)
    assert not verdict.right and "it did not end within 1 s with x (2,)" in verdict.sentence


def test_a_loop_without_an_end_beside_the_functions(check):
    (verdict,) = check("while True:\n    pass\n", limit=1.0)
    assert "did not end within 1 s at the reading of the file" in verdict.sentence
    assert verdict.sentence.endswith("or a slow import, for which --limit allows more?")


def test_an_exception_and_its_line(check):
    (verdict,) = check("def relu_forward(x):\n    y = x + 1\n    return y[100]\n")
    assert "it stops in line 3, `return y[100]` with IndexError: index 100" in verdict.sentence


def test_a_line_is_found_wherever_the_file_goes(check, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "below").mkdir()
    (tmp_path / "relu.py").write_text("import os\nos.chdir('below')\ndef relu_forward(x):\n    return x.nothing\n")
    (verdict,) = exercises.check("relu.py", 5.0)
    assert "in line 4, `return x.nothing`" in verdict.sentence


def test_more_than_can_be_waited_for(check):
    with pytest.raises(ValueError, match="`limit` must be .* Received: limit=1e"):
        check("", limit=1e30)


def test_what_fails_at_the_clock_is_right_all_the_same(check):
    text = "import numpy as np\ndef relu_forward(x):\n    if x.size > 10**5:\n        raise ValueError('too large')\n"
    (verdict,) = check(f"{text}    return np.maximum(x, 0)\n")
    assert verdict.right and "not measured: it stops in line 4, `raise ValueError('too large')`" in verdict.body


def test_the_process_ends(check):
    (verdict,) = check("import os\ndef relu_forward(x):\n    os._exit(3)\n")
    assert "the process ended by itself, code 3, with x (2,)" in verdict.sentence


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import os\nos._exit(0)\n", "code 0, at the reading of the file"),
        ("import os\ndef relu_forward(x):\n    os._exit(0)\n", "code 0, with x (2,)"),
    ],
)
def test_a_process_that_ends_well_without_a_verdict_has_not_passed(check, text, words):
    (verdict,) = check(text)
    assert not verdict.right and f"the process ended by itself, {words}" in verdict.sentence


def test_those_after_one_that_ends_the_process_are_named(check):
    text = "import os\ndef relu_forward(x):\n    os._exit(0)\ndef flatten_forward(x):\n    return x\n"
    one, other = check(text)
    assert (one.name, other.name, other.right) == ("relu", "flatten", False)
    assert other.sentence == "flatten_forward: not looked at, since relu_forward did not end as it should."


def test_what_ends_the_training_has_not_passed(check):
    (verdict,) = check("import sys\ndef learn(x, y):\n    sys.exit()\n", "wardrobe.py", 30.0)
    assert not verdict.right and "with SystemExit" in verdict.sentence


def test_a_thread_that_goes_on_is_not_waited_for(check):
    text = "import numpy as np, threading, time\nthreading.Thread(target=time.sleep, args=(600,)).start()\n"
    (verdict,) = check(f"{text}def relu_forward(x):\n    return np.maximum(x, 0)\n", limit=2.0)
    assert verdict.right


def test_files_named_as_modules_of_python_do_no_harm(check, tmp_path, monkeypatch):
    (tmp_path / "queue.py").write_text("raise RuntimeError\n")
    monkeypatch.chdir(tmp_path)
    (verdict,) = check("def relu_forward(x):\n    return x * (x > 0)\n")
    assert verdict.right


def test_what_is_usual_at_the_top_of_a_file_does_no_harm(check):
    text = "import sys\nimport numpy as np\nsys.stdout.reconfigure(encoding='utf-8')\nnp.seterr(all='raise')\n"
    text += "def softmax_forward(x):\n    e = np.exp(x - x.max(1, keepdims=True))\n    return e / e.sum(1)[:, None]\n"
    (verdict,) = check(text, "softmax.py")
    assert verdict.right, verdict


def test_helpers_that_share_an_exercises_name(check):
    text = "def relu_forward(x):\n    return x * (x > 0)\ndef output_size(n, k, s, p):\n    return n\n"
    verdicts = check(f"{text}def train(x, y):\n    pass\n")
    assert [(verdict.name, verdict.right) for verdict in verdicts] == [("relu", True)]


def test_prints_do_no_harm(check):
    text = "import os, numpy as np\nprint('hello')\ndef relu_forward(x):\n    print('x' * 10**5); os.write(1, b'{}')\n"
    (verdict,) = check(f"{text}    return np.maximum(x, 0)\n")
    assert verdict.right
    (verdict,) = check(f"{text}    return x\n")
    assert "Your function printed:\nxxx" in verdict.body and len(verdict.body) < 4000


def test_several_functions_in_one_file_and_one_from_a_neighbour(check, tmp_path):
    (tmp_path / "softmax.py").write_text("def softmax_forward(x):\n    return x\n")
    text = "import numpy as np\nfrom softmax import softmax_forward\ndef flatten_forward(x):\n    return x\n"
    verdicts = check(text + "def relu_forward(x):\n    return np.maximum(x, 0)\n", "mine.py")
    assert [(verdict.name, verdict.right) for verdict in verdicts] == [("relu", True), ("flatten", False)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("def relu_forward(x)\n    return x\n", "relu.py, line 1: expected ':'"),
        ("import nothing_of_that_name\n", "stops in line 1 with ModuleNotFoundError: No module named"),
        ("raise SystemExit(2)\n", "stops in line 1 with SystemExit: 2"),
        ("def my_relu(x):\n    return x\n", "holds no function relu_forward: is its name still"),
        (
            "def relu(x):\n    return x\ndef output_size(size, k, s, pad):\n    return (size + pad - k) // s + 1\n",
            "holds no function relu_forward",
        ),
        ("from textwrap import dedent as relu_forward\n", "relu_forward comes from textwrap: define it in this file"),
        ("\0", "relu.py"),
    ],
)
def test_a_file_that_cannot_be_used(check, text, words):
    with pytest.raises(ValueError, match="relu.py") as refusal:
        check(text)
    assert words in str(refusal.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ValueError, match="there is no such file. `minicnn exercise NAME` writes one"):
        list(exercises.check(tmp_path / "none.py"))
