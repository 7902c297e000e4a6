"""Programs that run in environments of their own, because their dependencies do not go with this project's."""
