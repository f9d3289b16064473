"""What others need to watch the service with their own tools: rules for Prometheus, dashboards for Grafana."""
