"""Documents: reading text, Markdown, HTML and PDF files, summarizing them, and answering from a library of them."""
