"""The engines, one file each. A peer that is not installed is left out, by name."""

import importlib

PEERS = {"keras": ".keras_engine", "onnxruntime": ".onnxruntime_engine", "torch": ".torch_engine"}


def load(names, threads):
    """Load engines, minicnn first.

    Parameters
    ----------
    names : list of str
        Keys of PEERS.
    threads : int
        For each of them.

    Returns
    -------
    engines : list of engines
    missing : dict
        Name -> why it is left out.

    Raises
    ------
    ValueError: a name that no peer has.
    """
    unknown = [name for name in names if name not in PEERS]
    if unknown:
        raise ValueError(f"`--peers` must name some of {', '.join(PEERS)}. Received: {', '.join(unknown)}.")
    from .. import machine
    from .minicnn_engine import MiniCNN

    engines, missing = [MiniCNN()], {}
    for name in names:
        if why := machine.held_back(name):
            missing[name] = why
            continue
        try:
            engines.append(importlib.import_module(PEERS[name], __package__).Engine(threads))
        except ImportError as problem:
            missing[name] = str(problem).splitlines()[0]
    return engines, missing
