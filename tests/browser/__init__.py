"""A package, so that one console and one browser serve every module and end with the last one."""
