"""Postgres and Valkey from wheels, and the supervisor that keeps them and our own processes alive."""
