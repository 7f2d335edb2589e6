"""Traces: what a journal tells, as OpenTelemetry spans."""
