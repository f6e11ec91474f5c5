"""Equations: numpy and math only, floats or arrays in, floats or arrays out."""
