"""The service: what planners' browsers read, ask and are told, over HTTP and WebSocket."""
