"""The identity's tools for harnesses that speak MCP. Imports the SDK, so nothing on the start-up path may import it."""
