"""The words of the `chengxin` command, by what they are about. Each module adds its words with `register`."""
