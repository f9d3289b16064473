"""What to do next in the tools people use: cron, schedulers, CI."""

from __future__ import annotations

CRON = {"hour": "5 * * * *", "day": "15 6 * * *", "week": "15 6 * * 1", "month": "15 6 1 * *"}
"""When cron checks, by how often data arrives."""

TOOLS: dict[str, tuple[str, str]] = {
    "cron": (
        "put this in the crontab",
        "{cron} cd {directory} && {check} --quiet --html report.html || echo 'see report.html' | mail -s 'drift' you@example.org",
    ),
    "airflow": ("add a task that fails when something drifted", "BashOperator(task_id='drift', bash_command='cd {directory} && {check}')"),
    "prefect": ("call it in a task", "subprocess.run('{check}'.split(), cwd='{directory}', check=True)"),
    "dagster": ("call it in an asset check", "passed = subprocess.run('{check}'.split(), cwd='{directory}').returncode == 0"),
    "mlflow": ("keep the report beside the run", "{check} --html report.html; mlflow artifacts log-artifact -l report.html -r RUN_ID"),
    "github-actions": ("add a step, whose summary shows the report", "- run: {check} --markdown $GITHUB_STEP_SUMMARY"),
    "gitlab-ci": (
        "add a job",
        "drift: {{script: ['{check} --junit drift.xml'], artifacts: {{when: always, reports: {{junit: drift.xml}}}}}}",
    ),
    "jenkins": ("add a stage", "try {{ sh '{check} --junit drift.xml' }} finally {{ junit 'drift.xml' }}"),
}
"""For each tool, what to do in words, and what to paste."""


def next_step(tool: str, *, every: str, directory: str, check: str) -> str:
    """What to do in a tool.

    Args:
        tool: one of `TOOLS`.
        every: how often data arrives: hour, day, week or month.
        directory: where the monitor lies.
        check: the command that checks it.

    >>> print(next_step("cron", every="day", directory="/srv", check="driftline check").partition(" --quiet")[0])
    cron: put this in the crontab
      15 6 * * * cd /srv && driftline check
    """
    words, paste = TOOLS[tool]
    return f"{tool}: {words}\n  {paste.format(cron=CRON[every], directory=directory, check=check)}"
