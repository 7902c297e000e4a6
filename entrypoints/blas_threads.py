"""How many threads numpy's linear algebra uses."""

import os

_VARIABLES = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def use_one_blas_thread() -> None:
    """Has numpy multiply matrices in one thread, unless the environment says otherwise; works before numpy is imported.

    The baseline's products are small: a second thread spins while it waits for work, takes a core that another process
    could use, and makes nothing faster.
    """
    for name in _VARIABLES:
        os.environ.setdefault(name, "1")
