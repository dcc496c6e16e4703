"""Make HDF5 files, with h5py."""


def image(fill):
    """Return the bytes of a new HDF5 file after `fill(file)` has written into it; `file` is an h5py.File."""
    import h5py  # not at the top: reading needs no h5py, and so a prediction starts a tenth of a second sooner

    with h5py.File("memory", "w", driver="core", backing_store=False) as file:
        fill(file)
        file.flush()
        return file.id.get_file_image()
