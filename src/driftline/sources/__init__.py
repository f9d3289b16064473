"""Places rows come from: files, folders, URLs, databases and frames in memory."""
