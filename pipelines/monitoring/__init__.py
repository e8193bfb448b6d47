"""Monitoring: what is compared when drift is judged, and the report of it."""
