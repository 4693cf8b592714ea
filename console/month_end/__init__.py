"""Month-end: the calendar, the forecast, the capacity and the verdict."""
