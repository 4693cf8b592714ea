"""What is read outside: the reports of instances, and whether a value works."""
