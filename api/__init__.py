"""The HTTP service: bytes in, bytes out, decided in worker processes."""
