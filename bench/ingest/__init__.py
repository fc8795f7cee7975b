"""What importing costs, beside PostgreSQL's own COPY and Django's bulk_create."""
