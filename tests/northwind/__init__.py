"""A trading company's eleven tables: real ones where they are to be had, generated ones of the same shapes everywhere."""
