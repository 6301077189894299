"""The house as a server of the Model Context Protocol (https://modelcontextprotocol.io), on the official SDK."""
