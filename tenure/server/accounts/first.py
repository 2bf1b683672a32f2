"""The first administrator, where variables name one."""

from __future__ import annotations

from tenure.server.accounts.roles import Role
from tenure.server.accounts.users import make_user, no_users
from tenure.server.environment import Environment


def first_administrator(environment: Environment) -> bool:
    """Whether an administrator was made: nobody could come in, and the environment names one with a password."""
    if not (environment.admin_name and environment.admin_password and no_users()):
        return False
    make_user(environment.admin_name, role=Role.ADMINISTRATOR, password=environment.admin_password)
    return True
