"""The endpoints of the event store, one module per kind of thing; `app/events/api.py` lists their routes."""
