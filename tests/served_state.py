"""The state that a server's process keeps, which tests begin anew."""


def forget_state() -> None:
    """Makes the next request read the settings and load the models again."""
    from entrypoints.rest.configuration import configuration
    from entrypoints.rest.state import state

    configuration.cache_clear()
    state.cache_clear()
