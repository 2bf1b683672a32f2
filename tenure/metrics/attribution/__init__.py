"""Attribution: which channels the touches before a conversion came by, and what each is credited with."""
