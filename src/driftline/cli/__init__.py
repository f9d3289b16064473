"""The command line: one file a command, each of which reads, calls one service and shows what came back."""
