"""The files of the exercises: Python that says what it is about, with a right example, and that fits a page."""

import ast
import inspect

import pytest

from minicnn.explain import exercises


@pytest.mark.parametrize("name", exercises.EXERCISES)
def test_a_file_holds_the_task_and_an_empty_function(name):
    text, exercise = exercises.file_text(name), exercises.EXERCISES[name]
    tree = ast.parse(text)
    doc = ast.get_docstring(tree)
    assert doc.startswith(f"Exercise: {exercise.title}.") and f"minicnn check {name}.py" in doc
    assert "->" in doc or exercise.changes and "in place" in doc
    (function,) = (node for node in tree.body if isinstance(node, ast.FunctionDef))
    arguments = [argument.arg for argument in function.args.args]
    assert function.name == exercise.function and all(argument in doc for argument in arguments)
    if exercise.paper:
        assert list(exercise.paper) == arguments and "On paper" in doc
        assert list(inspect.signature(exercise.solution).parameters) == arguments
    assert max(map(len, text.splitlines())) <= 81 and all(line == line.rstrip() for line in text.splitlines())
    assert "import numpy as np" in text
    assert text.endswith('in place of the next one\n    raise NotImplementedError("it is still empty")\n')


def test_the_example_stands_in_the_file():
    assert "   12  12  10  10\n" in exercises.file_text("conv2d") and "x (1, 5, 5, 1)" in exercises.file_text("conv2d")
    assert "gives\n\n    output = 2\n" in exercises.file_text("output_size")


def test_nothing_is_overwritten(tmp_path):
    path = exercises.write_file("relu", tmp_path / "mine.py")
    path.write_text("all my work")
    with pytest.raises(FileExistsError, match="mine.py is there already, and nothing is overwritten"):
        exercises.write_file("relu", path)
    assert path.read_text() == "all my work"


def test_the_command_in_a_file_of_another_name(tmp_path):
    text = exercises.write_file("relu", tmp_path / "mine.py").read_text()
    assert "minicnn check mine.py" in text and "relu.py" not in text


def test_an_unknown_name():
    with pytest.raises(ValueError, match="`name` must be one of output_size, .* Received: name='conv3d'"):
        exercises.file_text("conv3d")
