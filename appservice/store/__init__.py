"""What is kept: tables, and one file per aggregate. The only home of SQLAlchemy."""
