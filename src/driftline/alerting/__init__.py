"""Who is told, and when: verdicts become alerts, alerts become incidents, and an incident is told once."""
