"""The one error of the launcher; its message is the sentence that mends the matter."""


class LauncherError(RuntimeError):
    """The machine is not as it must be; the message says what to do."""
