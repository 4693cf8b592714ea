"""What others measured of response times, read."""
