from tests.kit.conftest import own_valkey

__all__ = ["own_valkey"]
