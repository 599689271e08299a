"""DBBasic without a screen: every service and what they share."""
