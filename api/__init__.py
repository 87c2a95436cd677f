"""REST: what a workspace asks for and has, over HTTP. `uvicorn api.app:app` serves it."""
