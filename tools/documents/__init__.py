"""What a file says: reading text, Markdown and PDF files, and summarizing them."""
