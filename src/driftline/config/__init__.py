"""The gate for what people write: `driftline.yaml` and the environment in, a monitor and its places out."""
