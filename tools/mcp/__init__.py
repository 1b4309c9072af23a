"""Tools of Model Context Protocol servers, made as safe as our own."""
