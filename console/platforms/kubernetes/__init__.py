"""Kubernetes: one Deployment of one namespace."""
