"""The number of threads of numpy's linear algebra."""

import os

_VARIABLES = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def use_one_blas_thread() -> None:
    """Makes numpy multiply matrices in one thread, unless the environment says otherwise.

    It must be called before numpy is imported.
    The baseline's products are small. A second thread spins while it waits for work, occupies a core that another
    process could use, and makes nothing faster.
    """
    for name in _VARIABLES:
        os.environ.setdefault(name, "1")
