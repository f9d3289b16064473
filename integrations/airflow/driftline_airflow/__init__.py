"""driftline in Airflow: what `airflow providers list` is told."""

from __future__ import annotations


def get_provider_info() -> dict[str, object]:
    """What Airflow asks of a provider; the name is Airflow's."""
    return {
        "package-name": "airflow-provider-driftline",
        "name": "driftline",
        "description": "Checks models, waits for verdicts, branches by decisions, retrains.",
        "integrations": [{"integration-name": "driftline", "external-doc-url": "", "tags": ["software"]}],
        "operators": [{"integration-name": "driftline", "python-modules": ["driftline_airflow.operators"]}],
        "sensors": [{"integration-name": "driftline", "python-modules": ["driftline_airflow.operators"]}],
        "asset-uris": [{"schemes": ["driftline"], "handler": None}],
    }
