"""Callbacks: which epoch counts as the best, when training stops, what is kept; a NaN is never the best."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import minicnn
from minicnn import Dense, Input, Sequential

rng = np.random.default_rng(0)
X = rng.normal(size=(8, 2)).astype("float32")
Y = rng.integers(2, size=8)


def model(rate=0.1):
    net = Sequential([Input((2,)), Dense(2, activation="softmax")], seed=0)
    net.compile(minicnn.SGD(rate), "sparse_categorical_crossentropy", metrics=["acc"])
    return net


class Script(minicnn.Callback):
    """Let a run measure what is written here: name -> a value an epoch. Remember the weights of each epoch."""

    def __init__(self, **values):
        self.values, self.weights = values, []

    def on_epoch_end(self, epoch, logs):
        logs.update({name: values[epoch] for name, values in self.values.items()})
        self.weights.append(self.model.get_weights())


class Blow(minicnn.Callback):
    """Let training go astray in one epoch."""

    def __init__(self, epoch):
        self.epoch = epoch

    def on_epoch_begin(self, epoch, logs):
        if epoch == self.epoch:
            self.model.optimizer.learning_rate = 3e38


def run(callbacks, epochs=6, net=None, **settings):
    net = net or model()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        settings = {"batch_size": 4, "verbose": 0} | settings
        history = net.fit(X, Y, epochs=epochs, callbacks=callbacks, **settings)
    return net, history


def same(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def finite(net):
    return all(np.isfinite(array).all() for array in net.get_weights())


# ---- the best epoch --------------------------------------------------------------------------------------------------


def epochs_run(values, patience, min_delta, mode, start):
    """Say by hand how far training gets, and which epoch is the best: (epochs run, best epoch or None)."""
    best, best_epoch, waited = None, None, 0
    for epoch, value in enumerate(values):
        if epoch < start:
            continue
        gain = None if best is None else (best - value if mode == "min" else value - best)
        if not math.isnan(value) and (gain is None or gain > min_delta):
            best, best_epoch, waited = value, epoch, 0
            continue
        waited += 1
        if waited >= max(patience, 1) and epoch > 0:
            return epoch + 1, best_epoch
    return len(values), best_epoch


@given(
    values=st.lists(st.sampled_from([0.25, 0.5, 0.75, 1.0, 2.0, math.nan, math.inf]), min_size=3, max_size=8),
    patience=st.integers(0, 3),
    min_delta=st.sampled_from([0.0, 0.25, -0.25, 0.3]),
    mode=st.sampled_from(["min", "max"]),
    start=st.integers(0, 3),
)
@example(values=[1.0, 0.75, 0.5], patience=1, min_delta=0.3, mode="min", start=0)  # better, but by too little
def test_early_stopping_by_hand(values, patience, min_delta, mode, start):
    script = Script(val_loss=values)
    stop = minicnn.EarlyStopping("val_loss", min_delta, patience, 0, mode, None, True, start)
    net, history = run([script, stop], epochs=len(values))
    length, best = epochs_run(values, patience, abs(min_delta), mode, start)
    assert len(history.epoch) == length
    assert stop.stopped_epoch == (length - 1 if net.stop_training else 0)
    kept = script.weights[-1 if best is None else best]
    assert same(net.get_weights(), kept) and stop.best_epoch == (best or 0)


@pytest.mark.parametrize(("name", "best"), [("val_loss", 1), ("val_acc", 2), ("acc", 2), ("loss", 1)])
def test_which_way_is_better_is_told_by_the_model(name, best):
    script, stop = Script(**{name: [2.0, 1.0, 3.0]}), minicnn.EarlyStopping(name, patience=9)
    run([script, stop], epochs=3)
    assert stop.best_epoch == best and stop.best == script.values[name][best]


def test_training_that_ends_by_itself_goes_back_to_the_best_weights():
    script = Script(val_loss=[3.0, 1.0, 2.0])
    net, _ = run([script, minicnn.EarlyStopping(patience=9, restore_best_weights=True)], epochs=3)
    assert same(net.get_weights(), script.weights[1]) and not net.stop_training


def test_without_being_asked_the_last_weights_stay():
    script = Script(val_loss=[3.0, 1.0, 2.0])
    net, _ = run([script, minicnn.EarlyStopping(patience=9)], epochs=3)
    assert same(net.get_weights(), script.weights[2])


def test_a_second_fit_begins_anew():
    """EarlyStopping forgets the run before; ModelCheckpoint, as in Keras, does not."""
    stop = minicnn.EarlyStopping(patience=2, restore_best_weights=True)
    net, _ = run([Script(val_loss=[0.1, 0.2, 0.3]), stop], epochs=3)
    assert (stop.stopped_epoch, stop.best_epoch, stop.best) == (2, 0, 0.1)
    script = Script(val_loss=[0.9, 0.8, 0.85, 0.95])
    _, history = run([script, stop], epochs=4, net=net)
    assert history.epoch == [0, 1, 2, 3]  # not stopped at once by 0.1
    assert (stop.stopped_epoch, stop.best_epoch, stop.best) == (3, 1, 0.8)
    assert same(net.get_weights(), script.weights[1])


def test_a_checkpoint_remembers_the_best_of_the_run_before(tmp_path):
    keep = minicnn.ModelCheckpoint(tmp_path / "{epoch}_{val_loss}.keras", save_best_only=True)
    net, _ = run([Script(val_loss=[0.5, 0.4]), keep], epochs=2)
    run([Script(val_loss=[0.45, 0.3]), keep], epochs=2, net=net)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1_0.5.keras", "2_0.3.keras", "2_0.4.keras"]


# ---- training that goes astray ---------------------------------------------------------------------------------------


def test_fit_goes_on_as_in_keras():
    net, history = run([Blow(1)], epochs=4)
    assert len(history.epoch) == 4 and not finite(net) and math.isnan(history.history["loss"][-1])


@pytest.mark.parametrize("monitor", ["val_loss", "val_acc"])  # the accuracy of a NaN is a number, and may be large
def test_the_last_finite_model_is_kept(tmp_path, monitor):
    """Case nan_best."""
    path = tmp_path / "best.keras"
    stop = minicnn.EarlyStopping(monitor, patience=2, restore_best_weights=True)
    best = minicnn.ModelCheckpoint(path, monitor, save_best_only=True)
    each = minicnn.ModelCheckpoint(tmp_path / "each_{epoch}.keras")
    script = Script(val_acc=[0.1, 0.2, 0.3, 1.0, 1.0, 1.0])
    net, history = run([Blow(3), script, stop, best, each], validation_data=(X, Y))
    assert history.epoch == [0, 1, 2, 3, 4] and stop.best_epoch == 2 and stop.stopped_epoch == 4
    assert same(net.get_weights(), script.weights[2]) and finite(net)
    assert same(minicnn.load_model(path).get_weights(), script.weights[2])
    assert sorted(file.name for file in tmp_path.glob("each*")) == ["each_1.keras", "each_2.keras", "each_3.keras"]


def test_a_checkpoint_says_that_it_saved_nothing(tmp_path):
    with pytest.warns(UserWarning, match=r"ModelCheckpoint saved no model: loss is nan\."):
        model(3e38).fit(X, Y, batch_size=2, verbose=0, callbacks=minicnn.ModelCheckpoint(tmp_path / "m.keras"))
    assert not list(tmp_path.iterdir())


def test_nan_ends_training_with_a_warning():
    with pytest.warns(UserWarning, match=r"Training diverged: the loss is \w+ after batch \d of epoch 2.*it is 3e\+38"):
        net = model()
        history = net.fit(X, Y, epochs=4, batch_size=2, verbose=0, callbacks=[Blow(1), minicnn.TerminateOnNaN()])
    assert history.epoch == [0, 1] and net.stop_training


def test_nan_ends_training_at_its_batch():
    class Count(minicnn.Callback):
        batches = 0

        def on_train_batch_end(self, batch, logs):
            assert batch == self.batches and math.isfinite(logs["loss"])
            self.batches += 1

    ended, count = [], Count()
    count.on_train_end = lambda logs: ended.append(True)
    net = model(3e38)
    with pytest.raises(minicnn.Diverged) as error:
        net.fit(X, Y, batch_size=1, shuffle=False, verbose=0, callbacks=[minicnn.TerminateOnNaN(True), count])
    assert f"the loss is nan after batch {count.batches + 1} of epoch 1." in str(error.value)
    assert 0 < count.batches < 7 and ended


def test_stop_training_stops_at_its_batch():
    """As in Keras: no further batch; the epoch is measured and told as ever, as the last one."""

    class Stop(minicnn.Callback):
        batches = 0

        def on_train_batch_end(self, batch, logs):
            self.batches += 1
            self.model.stop_training = batch == 1

    stop = Stop()
    net, history = run(stop, epochs=3, net=model(), validation_data=(X, Y), batch_size=2)
    assert stop.batches == 2 and history.epoch == [0] and len(history.history["val_loss"]) == 1
    assert net.optimizer.iterations == 2


@pytest.mark.parametrize("what", ["val_loss is inf", "loss is nan", "weights are not finite"])
def test_nan_after_an_epoch_ends_training(what):
    class Spoil(minicnn.Callback):
        def on_epoch_end(self, epoch, logs):
            if "weights" in what:
                self.model.layers[0].params["bias"][0] = np.inf
            else:
                name, _, value = what.split()
                logs[name] = float(value)

    stop = minicnn.EarlyStopping("never", patience=0, mode="max")  # that training ends anyhow is no reason to be silent
    script = Script(never=[math.nan])
    with pytest.raises(minicnn.Diverged, match=f"Training diverged: {what} after epoch 1"):
        run([Spoil(), script, stop, minicnn.TerminateOnNaN(raise_error=True)])


def test_finite_training_is_left_alone():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        history = model().fit(X, Y, epochs=3, verbose=0, callbacks=minicnn.TerminateOnNaN(raise_error=True))
    assert history.epoch == [0, 1, 2]


# ---- how they are called ---------------------------------------------------------------------------------------------


def test_one_callback_need_not_be_a_list():
    stop = minicnn.EarlyStopping("loss")
    model().fit(X, Y, verbose=0, callbacks=stop)
    assert stop.best is not None


@pytest.mark.parametrize("given", [minicnn.EarlyStopping, [minicnn.EarlyStopping], 3, "stop", [None]])
def test_what_is_no_callback(given):
    with pytest.raises(TypeError, match="`callbacks` must be a Callback or a list of them. Received: callbacks="):
        model().fit(X, Y, verbose=0, callbacks=given)


def test_history_has_what_callbacks_add():
    _, history = run(Script(rate=[0.1, 0.2]), epochs=2)
    assert history.history["rate"] == [0.1, 0.2]


# ---- files -----------------------------------------------------------------------------------------------------------


def test_lines_can_be_read_while_training_goes_on(tmp_path):
    class Read(minicnn.Callback):
        def on_epoch_end(self, epoch, logs):
            lines.append(path.read_text().splitlines())

    path, lines = tmp_path / "history.csv", []
    logger = minicnn.CSVLogger(path, separator=";")
    run([Script(loss=[0.5, 0.25], acc=[1.0, 0.0]), logger, Read()], epochs=2)
    assert lines == [["epoch;loss;acc", "0;0.5;1.0"], ["epoch;loss;acc", "0;0.5;1.0", "1;0.25;0.0"]]
    assert logger.file.closed
    run([Script(loss=[0.125], acc=[1.0]), logger], epochs=1)  # a second fit writes the file anew
    assert path.read_text().splitlines() == ["epoch;loss;acc", "0;0.125;1.0"]


def test_a_checkpoint_of_weights_alone(tmp_path):
    script = Script(val_loss=[0.5, 0.25])
    keep = minicnn.ModelCheckpoint(tmp_path / "{epoch:03d}.weights.h5", save_weights_only=True)
    net, _ = run([script, keep], epochs=2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["001.weights.h5", "002.weights.h5"]
    net.load_weights(tmp_path / "001.weights.h5")
    assert same(net.get_weights(), script.weights[0])
    for name, weights_only in (("m.keras", True), ("m.weights.h5", False), ("m.txt", False)):
        with pytest.raises(ValueError, match="`filepath` must end in .(weights.h5|keras or .h5). Received: filep"):
            minicnn.ModelCheckpoint(name, save_weights_only=weights_only)


def test_a_name_that_no_log_has(tmp_path):
    with pytest.raises(ValueError, match="`filepath` must use names of epoch, loss, acc. Received: 'val_loss'"):
        run(minicnn.ModelCheckpoint(tmp_path / "{val_loss}.keras"))


# ---- the moments -----------------------------------------------------------------------------------------------------


def recorder(seen):
    """A callback that writes down every moment that it is told of, with its number."""

    def told(name):
        return lambda *what: seen.append((name.removeprefix("on_"), *[each for each in what if isinstance(each, int)]))

    return minicnn.LambdaCallback(**{name: told(name) for name in dir(minicnn.Callback) if name.startswith("on_")})


def test_every_moment_of_fit():
    seen = []
    callback = recorder(seen)
    run(callback, epochs=1, validation_data=(X[:2], Y[:2]))
    batch = [[("train_batch_begin", k), ("train_batch_end", k)] for k in (0, 1)]
    test = [("test_begin",), ("test_batch_begin", 0), ("test_batch_end", 0), ("test_end",)]
    ends = [("train_begin",), ("epoch_begin", 0)], [("epoch_end", 0), ("train_end",)]
    assert seen == [*ends[0], *batch[0], *batch[1], *test, *ends[1]]
    assert (
        callback.params
        == {
            "epochs": 1,
            "steps": 2,
            "verbose": 0,
            "metrics": ["loss", "acc", "val_loss", "val_acc"],
        }
        and callback.model.layers
    )


def test_older_names_of_the_batches():
    class Old(minicnn.Callback):
        def on_batch_begin(self, batch, logs):
            seen.append(("begin", batch, logs))

        def on_batch_end(self, batch, logs):
            seen.append(("end", batch, set(logs)))

    seen = []
    run(Old(), epochs=1)
    assert seen == [("begin", 0, {}), ("end", 0, {"loss", "acc"}), ("begin", 1, {}), ("end", 1, {"loss", "acc"})]


# ---- learning rates --------------------------------------------------------------------------------------------------


def test_a_schedule_sets_the_rate_of_its_epoch(capsys):
    rates = [0.5, 0.25, 0.125]
    seen = []
    watch = minicnn.LambdaCallback(on_epoch_begin=lambda epoch, logs: seen.append(net.optimizer.learning_rate))
    net = model()
    plan = minicnn.LearningRateScheduler(rates.__getitem__, verbose=1)
    _, history = run([plan, watch], epochs=3, net=net)
    assert seen == rates == history.history["learning_rate"]
    assert "LearningRateScheduler: the learning rate of epoch 3 is 0.125." in capsys.readouterr().err
    with pytest.raises(TypeError, match="`schedule` must return a number, the learning rate. Received: '0.5'."):
        run(minicnn.LearningRateScheduler(lambda epoch: "0.5"))


def test_what_is_done_is_said(capsys):
    script = Script(val_loss=[1.0, 2.0, 3.0])
    reduce = minicnn.ReduceLROnPlateau(patience=1, factor=0.5, verbose=1)
    stop = minicnn.EarlyStopping(patience=2, verbose=1, restore_best_weights=True)
    run([script, reduce, stop], epochs=3)
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "ReduceLROnPlateau: the learning rate after epoch 2 is 0.05."
    assert said[-2] == "EarlyStopping: training is stopped after epoch 3."
    assert said[-1] == "EarlyStopping: the weights are those of epoch 1."


# ---- going on --------------------------------------------------------------------------------------------------------


def dropping(seed=0):
    net = Sequential([Input((2,)), Dense(8, activation="relu"), minicnn.Dropout(0.5), Dense(2)], seed=seed)
    net.compile(minicnn.Adam(0.01), minicnn.SparseCategoricalCrossentropy(from_logits=True))
    return net


@pytest.mark.parametrize("epoch", [1, 3])
def test_training_goes_on_to_the_same_bits(tmp_path, epoch):
    """The order of the examples, the masks of Dropout and Adam's means are as if nothing had happened."""

    def interrupt(batch, logs):
        if net.epochs == epoch and batch == 1:
            raise KeyboardInterrupt

    whole, _ = run(None, epochs=5, net=dropping())
    net = dropping()
    with pytest.raises(KeyboardInterrupt):
        backup = minicnn.BackupAndRestore(tmp_path / "state")
        run([backup, minicnn.LambdaCallback(on_train_batch_end=interrupt)], epochs=5, net=net)
    assert sorted(path.name for path in (tmp_path / "state").iterdir()) == [
        f"state_{2 * epoch}.keras",
        "training_metadata.json",
    ]
    second, history = run(minicnn.BackupAndRestore(tmp_path / "state"), epochs=5, net=dropping())
    assert history.epoch == list(range(epoch, 5)) and second.epochs == 5
    assert same(second.get_weights(), whole.get_weights())
    assert not (tmp_path / "state").exists()


def test_a_state_every_so_many_batches(tmp_path):
    """What was done of the epoch after the save is done again, the epoch from its beginning."""
    saved = []
    note = minicnn.LambdaCallback(on_train_batch_end=lambda batch, logs: saved.append(len(list(tmp_path.iterdir()))))
    backup = minicnn.BackupAndRestore(tmp_path, save_freq=3, delete_checkpoint=False)
    net, _ = run([backup, note], epochs=2)
    assert saved == [0, 0, 2, 2]
    again, history = run(minicnn.BackupAndRestore(tmp_path, 3), epochs=2, net=model())
    assert history.epoch == [1] and again.optimizer.iterations == 5


def test_the_folder_of_another_model(tmp_path):
    run(minicnn.BackupAndRestore(tmp_path, delete_checkpoint=False), epochs=1)
    other = Sequential([Input((2,)), Dense(3), Dense(2)])
    other.compile("sgd", minicnn.SparseCategoricalCrossentropy(from_logits=True))
    with pytest.raises(ValueError, match="state_2.keras: "):
        run(minicnn.BackupAndRestore(tmp_path), epochs=2, net=other)


# ---- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (
            lambda: minicnn.EarlyStopping(patience="a"),
            "`patience` must be an integer of at least 0. Received: patience='a'",
        ),
        (
            lambda: minicnn.EarlyStopping(min_delta=math.nan),
            "`min_delta` must be a number, and finite. Received: min_delta",
        ),
        (
            lambda: minicnn.EarlyStopping(min_delta="a"),
            "`min_delta` must be a number, and finite. Received: min_delta='a'",
        ),
        (
            lambda: minicnn.EarlyStopping(baseline=math.inf),
            "`baseline` must be a number, at most 3.4e+38. Received: base",
        ),
        (lambda: minicnn.EarlyStopping(start_from_epoch=-1), "`start_from_epoch` must be an integer of at least 0."),
        (lambda: minicnn.EarlyStopping(verbose=3), "`verbose` must be at most 2. Received: verbose=3."),
        (lambda: minicnn.EarlyStopping(monitor=3), "`monitor` must be a non-empty string. Received: monitor=3."),
        (
            lambda: minicnn.ReduceLROnPlateau(factor=1.0),
            "`factor` must be a number, at least 0 and below 1. Received: fac",
        ),
        (
            lambda: minicnn.ReduceLROnPlateau(factor=-0.1),
            "`factor` must be a number, at least 0. Received: factor=-0.1.",
        ),
        (lambda: minicnn.ReduceLROnPlateau(cooldown=0.5), "`cooldown` must be an integer of at least 0."),
        (lambda: minicnn.ReduceLROnPlateau(min_lr=-1), "`min_lr` must be a number, at least 0. Received: min_lr=-1."),
        (
            lambda: minicnn.ReduceLROnPlateau(mode="best"),
            "`mode` must be 'auto', 'min' or 'max'. Received: mode='best'.",
        ),
        (
            lambda: minicnn.LearningRateScheduler(0.5),
            "`schedule` must be a function of (epoch, learning_rate). Received",
        ),
        (
            lambda: minicnn.LambdaCallback(on_epoch_end=3),
            "LambdaCallback takes functions, for the moments on_train_begin",
        ),
        (lambda: minicnn.LambdaCallback(on_monday=print), "Received: on_monday=<built-in function print>."),
        (
            lambda: minicnn.BackupAndRestore(None),
            "`backup_dir` must be a string or a pathlib.Path. Received: backup_dir=",
        ),
        (lambda: minicnn.BackupAndRestore("a", save_freq=0), "`save_freq` must be 'epoch' or a positive integer. Rec"),
        (
            lambda: minicnn.ModelCheckpoint(None),
            "`filepath` must be a string or a pathlib.Path. Received: filepath=None.",
        ),
        (
            lambda: minicnn.ModelCheckpoint("a.keras", save_freq=2.0),
            "`save_freq` must be 'epoch' or a positive integer.",
        ),
        (lambda: minicnn.CSVLogger(None), "`filename` must be a string or a pathlib.Path. Received: filename=None."),
        (
            lambda: minicnn.CSVLogger("a.csv", separator="--"),
            "`separator` must be one character. Received: separator='--'",
        ),
        (
            lambda: minicnn.CSVLogger("a.csv", separator=3),
            "`separator` must be a non-empty string. Received: separator=3.",
        ),
    ],
)
def test_arguments_that_are_refused(make, sentence):
    with pytest.raises((ValueError, TypeError)) as error:
        make()
    assert sentence in str(error.value)


# ---- files, on request -----------------------------------------------------------------------------------------------


def test_a_checkpoint_every_so_many_batches(tmp_path):
    keep = minicnn.ModelCheckpoint(tmp_path / "new" / "{epoch}_{batch}.keras", save_freq=3)
    run(keep, epochs=3)  # of two batches
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["2_1.keras", "3_2.keras"]


def test_a_checkpoint_has_something_to_beat(tmp_path, capsys):
    keep = minicnn.ModelCheckpoint(
        tmp_path / "{epoch}.h5", save_best_only=True, initial_value_threshold=0.5, verbose=1, mode="min"
    )
    run([Script(val_loss=[0.75, 0.4, 0.45]), keep], epochs=3)
    assert [path.name for path in tmp_path.iterdir()] == ["2.h5"]
    assert f"ModelCheckpoint: saved {tmp_path / '2.h5'}." in capsys.readouterr().err


def test_a_log_that_goes_on_keeps_its_columns(tmp_path):
    path = tmp_path / "history.csv"
    run([Script(loss=[0.5], acc=[1.0]), minicnn.CSVLogger(path)], epochs=1)
    run([Script(loss=[0.25], acc=[0.5], more=[3.0]), minicnn.CSVLogger(path, append=True)], epochs=1)
    path.write_text(path.read_text().replace("acc", "other"))
    run([Script(loss=[0.125], acc=[0.5]), minicnn.CSVLogger(path, append=True)], epochs=1)
    assert path.read_text().splitlines() == ["epoch,loss,other", "0,0.5,1.0", "0,0.25,0.5", "0,0.125,NA"]


def test_a_log_has_columns_for_what_is_measured_later(tmp_path):
    """Keras adds them too, for every value of the first epoch."""
    run(minicnn.CSVLogger(tmp_path / "a.csv"), epochs=3, validation_data=(X, Y), validation_freq=2)
    head, *rows = [line.split(",") for line in (tmp_path / "a.csv").read_text().splitlines()]
    assert head == ["epoch", "loss", "acc", "val_loss", "val_acc"]
    assert [row[3:] == ["NA", "NA"] for row in rows] == [True, False, True]
    assert len([float(each) for each in rows[1]]) == 5
    run(minicnn.CSVLogger(tmp_path / "b.csv"), epochs=2, validation_data=(X, Y), validation_freq=[7])
    assert (tmp_path / "b.csv").read_text().splitlines()[0] == "epoch,loss,acc"  # none of these epochs is validated


@pytest.mark.parametrize(
    "pattern", ["m_{epoch:q}.keras", "{0}.keras", "{}.keras", "{epoch.day}.keras", "{epoch[0]}.keras"]
)
def test_a_name_that_cannot_be_filled_in(tmp_path, pattern):
    with pytest.raises(
        ValueError, match="^`filepath` must hold {epoch:02d} and names of epoch, loss, acc, each a numb"
    ):
        run(minicnn.ModelCheckpoint(tmp_path / pattern))


@pytest.mark.parametrize("make", [minicnn.EarlyStopping, minicnn.ReduceLROnPlateau])
@pytest.mark.parametrize(("given", "freq"), [(None, 1), ((X, Y), 9)])
def test_a_value_that_no_epoch_has(make, given, freq):
    with pytest.raises(
        ValueError, match="^`monitor` must be one of loss, acc(, learning_rate)?. Received: monitor='val_l"
    ):
        run(make(), validation_data=given, validation_freq=freq)


def test_batches_are_not_judged_by_a_validation(tmp_path):
    keep = minicnn.ModelCheckpoint(tmp_path / "a.keras", save_best_only=True, save_freq=1)
    with pytest.raises(
        ValueError, match="must be one of loss, acc where batches are judged. Received: monitor='val_lo"
    ):
        run(keep, validation_data=(X, Y))


def test_the_first_epoch_never_stops():
    """As in Keras, whatever it is: `stopped_epoch` 0 means that nothing was stopped."""
    stop = minicnn.EarlyStopping()
    _, history = run([Script(val_loss=[math.nan, 1.0, 2.0]), stop], epochs=3)
    assert history.epoch == [0, 1, 2] and stop.stopped_epoch == 2


def test_a_state_of_a_model_that_draws_otherwise(tmp_path):
    run(minicnn.BackupAndRestore(tmp_path, delete_checkpoint=False), epochs=1, net=dropping())
    other = Sequential([Input((2,)), Dense(8, activation="relu"), *[minicnn.Dropout(0.5) for _ in "ab"], Dense(2)])
    other.compile(minicnn.Adam(0.01), minicnn.SparseCategoricalCrossentropy(from_logits=True))
    before = other.get_weights()
    with pytest.raises(
        ValueError, match="^`backup_dir` must hold the state of this model, in which 2 layers draw numbe"
    ):
        run(minicnn.BackupAndRestore(tmp_path), epochs=2, net=other)
    assert same(other.get_weights(), before)


def test_what_a_callback_knows_is_its_own():
    """Before `fit` nothing is known, and nobody can write into what all callbacks share."""
    with pytest.raises(TypeError):
        minicnn.Callback().params["epochs"] = 3
