"""Callbacks: what happens between epochs. Each knows `self.model`, and `logs` holds loss, accuracy, val_loss, ...

Source: Keras 3 `callbacks`.
"""

import csv
import math
import warnings

import numpy as np


class Diverged(RuntimeError):
    """Training went astray: a loss or a weight is no longer a finite number. See `TerminateOnNaN`."""


class Callback:
    """Base of the callbacks: every moment, and nothing to do."""

    model = None

    def on_train_begin(self):
        """Training begins."""

    def on_epoch_begin(self, epoch):
        """Epoch `epoch` (from 0) begins."""

    def on_train_batch_end(self, batch, logs):
        """Batch `batch` (from 0) of the epoch is done; `logs` are the means of the epoch so far."""

    def on_epoch_end(self, epoch, logs):
        """Epoch `epoch` has ended with these values."""

    def on_train_end(self):
        """Training has ended, or was broken off."""


def listed(callbacks):
    """Return callbacks as a list: None, a Callback or a list of them."""
    if callbacks is None or isinstance(callbacks, Callback):
        return [] if callbacks is None else [callbacks]
    if not isinstance(callbacks, (list, tuple)) or not all(isinstance(each, Callback) for each in callbacks):
        raise TypeError(f"`callbacks` must be a Callback or a list of them. Received: callbacks={callbacks!r}.")
    return list(callbacks)


class CallbackList(Callback):
    """Several callbacks as one."""

    def __init__(self, callbacks, model):
        self.callbacks = callbacks
        for callback in callbacks:
            callback.model = model

    def on_train_begin(self):
        """Tell all."""
        for callback in self.callbacks:
            callback.on_train_begin()

    def on_epoch_begin(self, epoch):
        """Tell all."""
        for callback in self.callbacks:
            callback.on_epoch_begin(epoch)

    def on_train_batch_end(self, batch, logs):
        """Tell all."""
        for callback in self.callbacks:
            callback.on_train_batch_end(batch, logs)

    def on_epoch_end(self, epoch, logs):
        """Tell all."""
        for callback in self.callbacks:
            callback.on_epoch_end(epoch, logs)

    def on_train_end(self):
        """Tell all."""
        for callback in self.callbacks:
            callback.on_train_end()


class History(Callback):
    """What `fit` returns: `.epoch` lists the epochs, `.history` a list of values for each name."""

    def __init__(self):
        self.epoch, self.history = [], {}

    def on_epoch_end(self, epoch, logs):
        """Append the epoch's values."""
        self.epoch.append(epoch)
        for name, value in logs.items():
            self.history.setdefault(name, []).append(value)


class TerminateOnNaN(Callback):
    """Stop once training has gone astray: a loss is NaN or infinite, or a weight is after an epoch.

    Without it training goes on, as in Keras. (Keras's callback looks at the batches' loss alone.)

    Parameters
    ----------
    raise_error : bool      False: a warning, and the epoch ends as the last one; True: `Diverged` is raised at once
    """

    def __init__(self, raise_error=False):
        self.raise_error = raise_error

    def on_epoch_begin(self, epoch):
        """Remember which epoch it is."""
        self.epoch, self.stopped = epoch, False

    def on_train_batch_end(self, batch, logs):
        """Look at the loss so far."""
        if not math.isfinite(logs["loss"]):
            self._stop(f"the loss is {logs['loss']} after batch {batch + 1} of epoch {self.epoch + 1}")

    def on_epoch_end(self, epoch, logs):
        """Look at the validation's loss and at the weights."""
        if not self.stopped and (found := not_finite(self.model, logs)):
            self._stop(f"{found} after epoch {epoch + 1}")

    def _stop(self, found):
        sentence = (
            f"Training diverged: {found}. The learning rate may be too large: "
            f"it is {self.model.optimizer.learning_rate:g}."
        )
        if self.raise_error:
            raise Diverged(sentence)
        warnings.warn(sentence, stacklevel=5)
        self.stopped = self.model.stop_training = True


def not_finite(model, logs):
    """Say what is no longer finite after an epoch, a loss or the weights; None where all is well."""
    for name in ("loss", "val_loss"):
        if not math.isfinite(logs.get(name, 0)):
            return f"{name} is {logs[name]}"
    return None if all(np.isfinite(array).all() for array in model.get_weights()) else "weights are not finite"


class Monitor(Callback):
    """What ModelCheckpoint and EarlyStopping share: is this epoch's value the best so far?

    An epoch whose value or whose loss is NaN never is. (In Keras a NaN is if it comes first, and stays it.)

    Parameters
    ----------
    monitor : str               a name of the logs
    mode : "auto", "min" or "max"      auto: max for names that end in "accuracy" or "acc", min otherwise
    min_delta : float           by how much a value must be better

    Attributes
    ----------
    best : float or None        the best value so far
    """

    def __init__(self, monitor, mode, min_delta=0.0):
        if mode not in ("auto", "min", "max"):
            raise ValueError(f"`mode` must be 'auto', 'min' or 'max'. Received: mode={mode!r}.")
        self.monitor, self.min_delta = monitor, abs(min_delta)
        self.sign = 1 if mode == "max" or (mode == "auto" and monitor.endswith(("accuracy", "acc"))) else -1
        self.best = None

    def improves(self, logs):
        """Say whether the monitored value is the best so far, and remember it."""
        if self.monitor not in logs:
            raise ValueError(f"`monitor` must be one of {', '.join(logs)}. Received: monitor={self.monitor!r}.")
        value = logs[self.monitor]
        if any(math.isnan(logs.get(name, 0)) for name in (self.monitor, "loss", "val_loss")):
            return False
        if self.best is not None and not self.sign * value - self.min_delta > self.sign * self.best:
            return False
        self.best = value
        return True


class ModelCheckpoint(Monitor):
    """Save the model after each epoch, but never one whose loss or weights are not finite: the file before stays.

    Parameters
    ----------
    filepath : str        may hold {epoch:02d} (from 1) and names of the logs: "m_{epoch:02d}_{val_accuracy:.3f}.keras"
    save_best_only : bool        only when `monitor` is better than ever
    save_weights_only : bool     arrays alone; the name then ends in .weights.h5
    """

    def __init__(self, filepath, monitor="val_loss", save_best_only=False, save_weights_only=False, mode="auto"):
        super().__init__(monitor, mode)
        ending = ".weights.h5" if save_weights_only else ".keras"
        self.filepath, self.save_best_only, self.save_weights_only = str(filepath), save_best_only, save_weights_only
        if not self.filepath.endswith(ending):
            raise ValueError(f"`filepath` must end in {ending}. Received: filepath={self.filepath!r}.")

    def on_epoch_end(self, epoch, logs):
        """Save if it is due."""
        if found := not_finite(self.model, logs):
            warnings.warn(f"ModelCheckpoint saved no model: {found}.", stacklevel=5)
            return
        if self.save_best_only and not self.improves(logs):
            return
        try:
            path = self.filepath.format(epoch=epoch + 1, **logs)
        except KeyError as error:
            names = ", ".join(("epoch", *logs))
            raise ValueError(f"`filepath` must use names of {names}. Received: {error}.") from None
        if self.save_weights_only:
            self.model.save_weights(path)
        else:
            self.model.save(path)


class EarlyStopping(Monitor):
    """Stop training once a value has not improved for some epochs.

    Parameters
    ----------
    patience : int                    how many epochs without improvement are borne
    restore_best_weights : bool       go back to the best epoch's weights at the end
    start_from_epoch : int            epochs before are not looked at
    """

    def __init__(
        self, monitor="val_loss", min_delta=0.0, patience=0, mode="auto", restore_best_weights=False, start_from_epoch=0
    ):
        super().__init__(monitor, mode, min_delta)
        self.patience, self.restore_best_weights = patience, restore_best_weights
        self.start_from_epoch = start_from_epoch
        self.stopped_epoch, self.best_epoch = 0, 0

    def on_train_begin(self):
        """Start anew."""
        self.waited, self.best, self.best_weights = 0, None, None
        self.stopped_epoch, self.best_epoch = 0, 0

    def on_epoch_end(self, epoch, logs):
        """Stop if the patience is over."""
        if epoch < self.start_from_epoch:
            return
        if self.improves(logs):
            self.waited, self.best_epoch = 0, epoch
            if self.restore_best_weights:
                self.best_weights = self.model.get_weights()
            return
        self.waited += 1
        if self.waited >= max(self.patience, 1):
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self):
        """Go back to the best weights, if asked."""
        if self.best_weights is not None:
            self.model.set_weights(self.best_weights)


class CSVLogger(Callback):
    """Write a line of values an epoch into a file.

    Parameters
    ----------
    filename : str            append : bool      go on at the end of a file that is there
    """

    def __init__(self, filename, separator=",", append=False):
        self.filename, self.separator, self.append = str(filename), separator, append
        self.file = None

    def on_train_begin(self):
        """Open the file."""
        self.file = open(self.filename, "a" if self.append else "w", newline="")  # closed in on_train_end
        self.writer = None

    def on_epoch_end(self, epoch, logs):
        """Write the line, after a header where the file is empty."""
        if self.writer is None:
            self.writer = csv.DictWriter(self.file, ["epoch", *logs], delimiter=self.separator)
            if self.file.tell() == 0:
                self.writer.writeheader()
        self.writer.writerow({"epoch": epoch, **logs})
        self.file.flush()

    def on_train_end(self):
        """Close the file."""
        if self.file:
            self.file.close()
