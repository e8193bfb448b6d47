"""The routes, one module a resource: each handler reads its arguments and calls pipelines."""
