"""Whether the model is up, quick and asked: throughput, errors, latency, from the same counts as everything else."""
