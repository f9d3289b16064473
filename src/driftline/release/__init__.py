"""Where the parts of a release meet: a specification in, rows, runs, registry, gate and rollout chosen, one use case run."""
