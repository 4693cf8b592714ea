"""GitHub: alone, or beside a platform."""
