"""The screens: one module per service, each with `register`, on a shared frame, grid and form."""
