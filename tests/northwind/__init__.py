"""A trading company's eleven tables: the real ones where they are to be had, generated ones of their shapes else."""
