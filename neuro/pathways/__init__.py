"""The order by day: how perceiving and recalling lead through the regions, and how a brain wakes and lives."""
